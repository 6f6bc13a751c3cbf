import { readFile, writeFile } from 'node:fs/promises'
import { Rng, useBackend } from '@winnow/core'
import { afterAll, describe, expect, it } from 'vitest'
import { SymbolReader } from '../entropy-coding/symbol-reader.ts'
import { compressImage } from '../image/compress-image.ts'
import { decompressImage } from '../image/decompress-image.ts'
import { HyperpriorCoder } from './coding/hyperprior-coder.ts'
import { HyperpriorCodec } from './hyperprior-codec.ts'
import { comparePixels, fixtureCodec, fixturePicture, writeFixtures } from './testing/fixture.ts'

const at = (name: string): URL => new URL(`./testing/fixtures/${name}`, import.meta.url)
const folder = {
  read: (name: string): Promise<Uint8Array> => readFile(at(name)),
  write: (name: string, bytes: Uint8Array): Promise<void> => writeFile(at(name), bytes),
}

afterAll(() => useBackend('cpu'))

// To write the fixtures of Node anew: WINNOW_WRITE_FIXTURES=1 npx vitest run --project node files.test
it.runIf(process.env['WINNOW_WRITE_FIXTURES'] === '1')('writes the fixtures of Node', async () => {
  await useBackend('onnx')
  await writeFixtures(folder)
})

describe.each(['onnx', 'wasm', 'cpu'])('files on %s', (backend) => {
  // The same in files.browser.test.ts.
  it.each(['from-node', 'from-chromium'])('reads the one %s', async (name) => {
    await useBackend(backend)
    using codec = await fixtureCodec(folder)
    const image = await decompressImage(await folder.read(`${name}.wnw`), codec)
    expect([image.width, image.height, image.channels]).toEqual([100, 84, 3])
    const { furthest, different } = await comparePixels(image, folder, `${name}.raw`)
    expect(furthest).toBeLessThanOrEqual(1)
    expect(different).toBeLessThan(0.01 * image.data.length)
  })
})

it('a file written on one backend has the same latents, to the bit, on all others', async () => {
  const found: Float32Array[] = []
  await useBackend('cpu')
  using codec = await fixtureCodec(folder)
  const { tensor } = await import('@tensorflow/tfjs-core')
  const { data, width } = fixturePicture()
  const values = Array.from({ length: 64 * 64 * 3 }, (_, i) => {
    const row = Math.floor(i / 192)
    return (data[row * width * 3 + (i % 192)] as number) / 255
  })
  const bytes = await codec.compressTile(tensor(values, [1, 64, 64, 3]), 1)
  for (const backend of ['cpu', 'wasm', 'onnx']) {
    await useBackend(backend)
    using other = await fixtureCodec(folder)
    using coder = new HyperpriorCoder(other)
    found.push(await coder.decode(new SymbolReader(bytes), 4, 4))
  }
  expect(found[0]?.some((value) => value !== 0)).toBe(true)
  for (const other of found) expect(other).toEqual(found[0])
})

it('a file is refused by a model with other weights', async () => {
  await useBackend('onnx')
  using codec = await fixtureCodec(folder)
  using other = new HyperpriorCodec(codec.config, new Rng(9))
  await expect(decompressImage(await folder.read('from-node.wnw'), other)).rejects.toThrow(
    'other weights',
  )
  const own = await compressImage(codec, fixturePicture(), { quality: 0.5 })
  expect((await decompressImage(own, codec)).data).toHaveLength(25_200)
})
