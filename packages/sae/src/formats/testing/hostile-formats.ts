/**
 * Hostile files for the readers of other projects' layouts.
 */
import { getHeapStatistics } from 'node:v8'
import { Rng } from '@winnow/core'
import { type FuzzResult, fuzzReader } from '@winnow/core/testing'
import { readDictionaryLearning } from '../dictionary-learning.ts'
import type { SaeRecord } from '../record.ts'
import { readSaelens, writeSaelens } from '../saelens.ts'
import { readSparsify, writeSparsify } from '../sparsify.ts'
import { autoencoderFile, viewsFile } from './pytorch-files.ts'
import { floats, torchFile, whole } from './torch-writer.ts'

/** Which file of which layout is spoiled. */
export type Spoiled =
  | 'ae.pt'
  | 'data.pkl'
  | 'cfg.json of SAELens'
  | 'weights of SAELens'
  | 'cfg.json of sparsify'

const draw = (length: number): Float32Array => new Rng(length).normalValues(length)
const record: SaeRecord = {
  inputs: 3,
  latents: 5,
  activation: { kind: 'topK', k: 2 },
  normalise: 'none',
  parameters: { encoder: draw(15), latentBias: draw(5), decoder: draw(15), bias: draw(3) },
  metadata: { hook_name: 'blocks.2' },
}
const bytesOf = (base64: string): Uint8Array => new Uint8Array(Buffer.from(base64, 'base64'))
const tensors = {
  'encoder.weight': floats(draw(15), [5, 3]),
  'encoder.bias': floats(draw(5), [5]),
  'decoder.weight': floats(draw(15), [3, 5]),
  b_dec: floats(draw(3), [3]),
  k: whole(2),
}

/** Reads spoiled files, which must end in a record or in words. */
export async function fuzzFormat(
  spoiled: Spoiled,
  cases: number,
  seed: number,
): Promise<FuzzResult> {
  const [files, read] = await hostile(spoiled)
  const memory = (): number => getHeapStatistics().external_memory
  // What is on its way in decoders that have been given up is freed at the next collection.
  const allowed = (bytes: number): number => 64 * bytes + (spoiled === 'ae.pt' ? 2 ** 26 : 2 ** 20)
  return await fuzzReader({ files, read, cases, seed, memory, allowed })
}

async function hostile(
  spoiled: Spoiled,
): Promise<[Uint8Array[], (bytes: Uint8Array) => Promise<unknown>]> {
  const saelens = await writeSaelens(record)
  const sparsify = await writeSparsify(record)
  const part = (files: Readonly<Record<string, Uint8Array>>, name: string): Uint8Array =>
    files[name] as Uint8Array
  switch (spoiled) {
    case 'ae.pt':
      return [
        [
          bytesOf(autoencoderFile),
          bytesOf(viewsFile),
          torchFile(tensors),
          torchFile(tensors, { deflated: true }),
        ],
        (bytes) => readDictionaryLearning({ 'ae.pt': bytes }),
      ]
    case 'data.pkl':
      // Behind the checksum, so that the pickle reader itself meets the spoiled bytes.
      return [
        [pickleIn(bytesOf(autoencoderFile)), pickleIn(torchFile(tensors))],
        (bytes) => readDictionaryLearning({ 'ae.pt': torchFile(tensors, { pickle: bytes }) }),
      ]
    case 'cfg.json of SAELens':
      return [
        [part(saelens, 'cfg.json')],
        (bytes) => readSaelens({ ...saelens, 'cfg.json': bytes }),
      ]
    case 'weights of SAELens':
      return [
        [part(saelens, 'sae_weights.safetensors')],
        (bytes) => readSaelens({ ...saelens, 'sae_weights.safetensors': bytes }),
      ]
    case 'cfg.json of sparsify':
      return [
        [part(sparsify, 'cfg.json')],
        (bytes) => readSparsify({ ...sparsify, 'cfg.json': bytes }),
      ]
  }
}

/** The pickle in a file, which begins with its protocol and ends before the next entry. */
function pickleIn(file: Uint8Array): Uint8Array {
  const start = file.findIndex(
    (byte, i) => byte === 0x80 && file[i + 1] === 2 && file[i + 2] === 0x63,
  )
  const end = file.findIndex(
    (byte, i) => i > start && byte === 0x2e && file[i + 1] === 0x50 && file[i + 2] === 0x4b,
  )
  return file.slice(start, end + 1)
}
