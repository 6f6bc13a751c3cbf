// A Vite build of a fresh folder, opened in Chromium.
import { chromium } from 'playwright'
import { build, preview } from 'vite'
import { ensureChromium } from '../chromium.mjs'
import { Skipped } from './report.mjs'

const chromiumArguments = [
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--enable-unsafe-webgpu',
]

/** @param {string} folder with an `index.html` */
export async function viteBuild(folder) {
  await build({ root: folder, configFile: false, logLevel: 'error', build: { emptyOutDir: true } })
}

/**
 * Opens the built page and hands `work` a function that calls one of the page's, on a page of its own each time.
 *
 * @param {string} folder
 * @param {(call: (name: 'train' | 'load', options: object) => Promise<unknown>) => Promise<void>} work
 */
export async function inChromium(folder, work) {
  const { path, reason } = await ensureChromium()
  if (path === undefined) throw new Skipped(reason)
  const server = await preview({
    root: folder,
    configFile: false,
    logLevel: 'error',
    preview: { port: 0, host: 'localhost' },
  })
  const browser = await chromium.launch({ executablePath: path, args: chromiumArguments })
  try {
    const address = /** @type {import('node:net').AddressInfo} */ (server.httpServer.address())
    await work(async (name, options) => {
      const page = await browser.newPage()
      /** @type {string[]} */
      const errors = []
      page.on('pageerror', (error) => errors.push(error.message))
      try {
        await page.goto(`http://localhost:${address.port}/`)
        await page
          .waitForFunction('"train" in globalThis', undefined, { timeout: 60_000 })
          .catch((error) => {
            throw new Error(errors.join('\n') || error.message)
          })
        return await page.evaluate(`globalThis.${name}(${JSON.stringify(options)})`)
      } finally {
        await page.close()
      }
    })
  } finally {
    await browser.close()
    await server.close()
  }
}
