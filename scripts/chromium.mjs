// Finds a Chromium for the browser tests; on a Debian machine where we may, installs it.
import { accessSync, constants } from 'node:fs'
import { execute } from './command.mjs'

const places = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]

const canRun = (/** @type {string} */ path) => {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/**
 * The path in `CHROMIUM` if there is one (and then no other), else the first of the usual places.
 *
 * @param {string | undefined} [chosen]
 * @returns {string | undefined}
 */
export function findChromium(chosen = process.env.CHROMIUM) {
  return (chosen ? [chosen] : places).find(canRun)
}

/**
 * @returns {Promise<{ path?: string, reason: string }>} the browser's path, or why there is none
 */
export async function ensureChromium() {
  const found = findChromium()
  if (found !== undefined) return { path: found, reason: '' }
  if (process.env.CHROMIUM) {
    return { reason: `CHROMIUM names ${process.env.CHROMIUM}, which is not a program` }
  }
  if (!canRun('/usr/bin/apt-get') || process.getuid?.() !== 0) {
    return { reason: 'no Chromium found: install one, or name its path in CHROMIUM' }
  }
  console.log('Installing Chromium ...')
  const { ok, output } = await execute(
    'apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium',
  )
  const path = findChromium()
  if (ok && path !== undefined) return { path, reason: '' }
  return { reason: `apt-get could not install Chromium: ${output.split('\n').at(-1)}` }
}
