import { getHeapStatistics } from 'node:v8'
import { gzipSync } from 'node:zlib'
import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { deserialise, serialise } from '../checkpoint/model.ts'
import { parseSafetensors, writeSafetensors } from '../checkpoint/safetensors.ts'
import { Module } from '../module.ts'
import { Parameter, State } from '../slot.ts'
import { type FuzzOptions, fuzzReader } from '../testing/hostile-files.ts'
import { parseCsv } from './csv.ts'
import { gunzip } from './gzip.ts'
import { parseIdx } from './idx.ts'
import { parseNpy, writeNpy } from './npy.ts'

// With those of the command line (images, JSON) a million cases.

const memory = () => getHeapStatistics().external_memory

const fuzz = async (options: Omit<FuzzOptions, 'memory'>): Promise<void> => {
  const { read, refused } = await fuzzReader({ ...options, memory })
  // Spoiled values are values still (where no checksum guards them): both ends have been seen.
  expect(read).toBeGreaterThan(options.cases / 200)
  expect(refused).toBeGreaterThan(options.cases / 10)
}

const text = (content: string) => new TextEncoder().encode(content)
const idx = (type: number, shape: readonly number[], bytes: number) =>
  Uint8Array.from(
    [0, 0, type, shape.length, ...shape.flatMap((size) => [0, 0, 0, size])].concat(
      Array(bytes).fill(3),
    ),
  )

describe('hostile files', () => {
  it('safetensors: 300,000', async () => {
    const f32 = { dtype: 'F32', shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) } as const
    const i64 = { dtype: 'I64', shape: [2], data: BigInt64Array.of(1n, -1n) } as const
    const f16 = { dtype: 'F16', shape: [3], data: Float32Array.of(1, 2, 3) } as const
    const files = [
      writeSafetensors(
        [
          ['a', f32],
          ['b.c', i64],
          ['half', f16],
        ],
        { format: 'pt', note: 'x' },
      ),
      writeSafetensors([['weight', f32]]),
      writeSafetensors([]),
    ]
    await fuzz({ files, read: (bytes) => parseSafetensors(bytes), cases: 300_000, seed: 1 })
  })

  it('IDX: 200,000', async () => {
    const files = [idx(8, [2, 3, 3], 18), idx(13, [4], 16), idx(14, [2, 2], 32), idx(11, [5], 10)]
    await fuzz({ files, read: (bytes) => parseIdx(bytes), cases: 200_000, seed: 2 })
  })

  it('NPY: 200,000', async () => {
    const fortran = text(
      new TextDecoder('latin1')
        .decode(writeNpy({ data: new Uint8Array(6).fill(9), shape: [2, 3] }))
        .replace('False', 'True ')
        .slice(1),
    )
    const files = [
      writeNpy({ data: Float32Array.of(1, 2, 3, 4), shape: [2, 2] }),
      writeNpy({ data: new Uint8Array(12), shape: [3, 2, 2] }),
      writeNpy({ data: BigInt64Array.of(1n, 2n), shape: [2] }),
      Uint8Array.of(0x93, ...fortran),
    ]
    await fuzz({ files, read: (bytes) => parseNpy(bytes), cases: 200_000, seed: 3 })
  })

  it('CSV: 200,000', async () => {
    const files = [
      text('a,b,label\n1,2,x\n3.5,-4e3,y\n5,6,"x"\n'),
      text('1;2;3\r\n4;5;6\r\n'),
      text('"a ""quoted"" name"\tb\n1\t2\n\n3\t4'),
    ]
    const read = (bytes: Uint8Array) =>
      parseCsv(new TextDecoder().decode(bytes), (bytes[0] ?? 0) % 2 === 0 ? {} : { label: -1 })
    // Cells are texts of a few letters, each an object of its own.
    await fuzz({ files, read, cases: 200_000, seed: 4 })
  })

  it('gzip: 60,000', async () => {
    const files = [
      new Uint8Array(gzipSync(new Uint8Array(100_000))),
      new Uint8Array(gzipSync(text('a short text that hardly packs at all, 0123456789'))),
    ]
    const limit = 50_000
    const read = (bytes: Uint8Array) => gunzip(bytes, { limit })
    // What is on its way in streams that have been given up is freed at the next collection, not at once.
    const allowed = () => 2 ** 26
    await fuzz({ files, read, cases: 60_000, seed: 5, allowed })
  })

  describe('as a model', () => {
    class Small extends Module {
      readonly weight = new Parameter(tf.ones([2, 3]))
      readonly count = new State(tf.scalar(3, 'int32'))
    }
    beforeAll(async () => {
      await tf.setBackend('cpu')
    })

    it('load: 18,000', async () => {
      const files = [await serialise(new Small())]
      using model = new Small()
      const before = tf.memory().numTensors
      const read = (bytes: Uint8Array) => deserialise(model, bytes)
      await fuzz({ files, read, cases: 18_000, seed: 6 })
      expect(tf.memory().numTensors).toBe(before)
    })
  })
})
