import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, expect, test } from 'vitest'
import { readDictionaryLearning } from './dictionary-learning.ts'
import { sparseAutoencoderFrom } from './model.ts'
import { readSaelens, writeSaelens } from './saelens.ts'
import { autoencoderFile, autoencoderInputs, autoencoderOutputs } from './testing/pytorch-files.ts'
import { checksumOf, openZip } from './zip.ts'

beforeAll(async () => {
  await tf.setBackend('cpu')
})

test('a file of PyTorch is read in a browser, and written as SAELens has it', async () => {
  const bytes = Uint8Array.from(atob(autoencoderFile), (letter) => letter.charCodeAt(0))
  const record = await readSaelens(
    await writeSaelens(await readDictionaryLearning({ 'ae.pt': bytes })),
  )
  using sae = sparseAutoencoderFrom(record)
  const values = tf.tidy(() =>
    sae.reconstruct(tf.tensor2d([...autoencoderInputs], [3, 4])).dataSync(),
  )
  for (const [i, value] of values.entries()) {
    expect(value).toBeCloseTo(autoencoderOutputs[i] as number, 5)
  }
})

test('deflated entries are unpacked by the browser', async () => {
  const content = new Uint8Array(1000).fill(7)
  const packed = new Uint8Array(
    await new Response(
      new Blob([content]).stream().pipeThrough(new CompressionStream('deflate-raw')),
    ).arrayBuffer(),
  )
  const head = 30 + 1
  const bytes = new Uint8Array(head + packed.length + 46 + 1 + 22)
  const view = new DataView(bytes.buffer)
  const sizes = (at: number): void => {
    view.setUint32(at, checksumOf(content), true)
    view.setUint32(at + 4, packed.length, true)
    view.setUint32(at + 8, content.length, true)
    view.setUint16(at + 12, 1, true)
  }
  view.setUint32(0, 0x04034b50, true)
  view.setUint16(8, 8, true)
  sizes(14)
  bytes[30] = 0x61
  bytes.set(packed, head)
  const directory = head + packed.length
  view.setUint32(directory, 0x02014b50, true)
  view.setUint16(directory + 10, 8, true)
  sizes(directory + 16)
  bytes[directory + 46] = 0x61
  const end = directory + 47
  view.setUint32(end, 0x06054b50, true)
  view.setUint16(end + 10, 1, true)
  view.setUint32(end + 12, 47, true)
  view.setUint32(end + 16, directory, true)
  expect(await openZip(bytes, 'file').read('a')).toEqual(content)
})
