/** To write the fixtures of Chromium anew: VITE_WRITE_FIXTURES=1 npx vitest run --project browser files.browser */
import { useBackend } from '@winnow/core'
import { describe, expect, it } from 'vitest'
import { commands } from 'vitest/browser'
import { compressImage } from '../image/compress-image.ts'
import { decompressImage } from '../image/decompress-image.ts'
import { comparePixels, fixtureCodec, fixturePicture } from './testing/fixture.ts'
import { largestDifference, smallRun } from './testing/small-run.ts'

const wasmPackage = new URL(
  '../../../../node_modules/@tensorflow/tfjs-backend-wasm/dist/index.js',
  import.meta.url,
)
const wasmPaths = new URL('.', wasmPackage).href

/** From the root of the repository, where vitest's commands look. */
const FIXTURES = 'packages/compression/src/model/testing/fixtures/'

const folder = {
  read: async (name: string): Promise<Uint8Array> => {
    const text = atob(await commands.readFile(FIXTURES + name, 'base64'))
    return Uint8Array.from(text, (letter) => letter.charCodeAt(0))
  },
}

const writes = (import.meta as { env?: Record<string, string> }).env?.['VITE_WRITE_FIXTURES']

it.runIf(writes === '1')('writes the fixtures of Chromium', async () => {
  await useBackend({ name: 'webgpu', software: true })
  using codec = await fixtureCodec(folder)
  const bytes = await compressImage(codec, fixturePicture(), { quality: 0.75 })
  const { data } = await decompressImage(bytes, codec)
  for (const [name, content] of [
    ['wnw', bytes],
    ['raw', data as Uint8Array],
  ] as const) {
    const text = Array.from(content, (byte) => String.fromCharCode(byte)).join('')
    await commands.writeFile(`${FIXTURES}from-chromium.${name}`, btoa(text), 'base64')
  }
})

describe.each(['webgpu', 'wasm', 'cpu'])('files on %s', (name) => {
  it.each(['from-node', 'from-chromium'])('reads the one %s', async (file) => {
    await useBackend({ name, software: true, wasmPaths })
    using codec = await fixtureCodec(folder)
    const image = await decompressImage(await folder.read(`${file}.wnw`), codec)
    const { furthest, different } = await comparePixels(image, folder, `${file}.raw`)
    expect(furthest).toBeLessThanOrEqual(1)
    expect(different).toBeLessThan(0.01 * image.data.length)
  })
})

describe('5 steps of a hyperprior in a browser', () => {
  it('agree between WebGPU (a software adapter) and cpu', async () => {
    const found = await useBackend({ name: 'webgpu', software: true })
    expect(found.name).toBe('webgpu')
    const webgpu = await smallRun()
    await useBackend('cpu')
    const cpu = await smallRun()
    expect(webgpu).toHaveLength(5)
    expect(largestDifference(cpu, webgpu)).toBeLessThan(1e-3)
  })
})
