import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import '@tensorflow/tfjs-backend-cpu'
import type { Tensor } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fromArrays } from '../data/dataset.ts'
import { Module } from '../module.ts'
import { adam } from '../optim/optimizers.ts'
import { Rng } from '../rng.ts'
import { Parameter } from '../slot.ts'
import { fit } from '../train/fit.ts'
import type { Progress } from '../train/progress.ts'
import { type ActivationSet, openActivations } from './activation-set.ts'
import { collectActivations } from './collect.ts'
import { type ActivationStore, memoryStore } from './store.ts'

let folder: string
beforeAll(async () => {
  await tf.setBackend('cpu')
  folder = mkdtempSync(join(tmpdir(), 'winnow-activations-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const identity = (x: Tensor): Tensor => tf.clone(x)

/** Rows (i, -i), the number of a row in each. */
const numbered = (rows: number, options: { store?: ActivationStore; folder?: string } = {}) => {
  const values = Float32Array.from({ length: 2 * rows }, (_, i) =>
    i % 2 === 0 ? i / 2 : -(i - 1) / 2,
  )
  const place = options.folder === undefined ? { store: memoryStore() } : {}
  const data = fromArrays({ data: values, shape: [rows, 2] })
  return collectActivations(identity, data, { ...place, ...options, shardRows: 16, batch: 8 })
}

type Options = Parameters<ActivationSet['batches']>[0]

const read = async (
  set: ActivationSet,
  options: Options,
  epoch = 0,
  from = 0,
): Promise<number[][]> => {
  const batches: number[][] = []
  for await (const { inputs } of set.batches(options).epoch(new Rng(5), epoch, { from })) {
    const [count = 0, width] = inputs.shape
    expect(width).toBe(2)
    const rows = Array.from({ length: count }, (_, i) => inputs.data[2 * i] as number)
    expect([...inputs.data]).toEqual(rows.flatMap((row) => [row, -row]))
    batches.push(rows)
  }
  return batches
}

const sorted = (batches: number[][]): number[] => batches.flat().sort((a, b) => a - b)
const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i)

describe('batches of a set', () => {
  it.each([2, 7, 20, 64, 200, 1000])(
    'give each row once in a pass, in a new order, %i rows in memory',
    async (memoryRows) => {
      const set = await numbered(100)
      const options: Options = { size: 9, memoryRows, partial: 'keep' }
      const first = await read(set, options)
      expect(first.map((batch) => batch.length)).toEqual([...Array(11).fill(9), 1])
      expect(sorted(first)).toEqual(upTo(100))
      const second = await read(set, options, 1)
      expect(sorted(second)).toEqual(upTo(100))
      expect(second).not.toEqual(first)
      expect(await read(set, options)).toEqual(first)
      expect((await read(set, { ...options, partial: 'drop' })).flat()).toEqual(
        first.flat().slice(0, 99),
      )
    },
  )

  it('go on at any batch as if they had not stopped', async () => {
    const set = await numbered(100)
    for (const memoryRows of [7, 40, 1000]) {
      const options: Options = { size: 9, memoryRows, partial: 'keep' }
      const whole = await read(set, options, 3)
      for (let from = 0; from <= 12; from++) {
        expect(await read(set, options, 3, from)).toEqual(whole.slice(from))
      }
    }
  })

  it('mix rows of many shards, and never hold more rows than was said', async () => {
    const inner = memoryStore()
    let held = 0
    const reads: number[] = []
    const store: ActivationStore = {
      write: inner.write,
      async read(file, begin, end) {
        const bytes = await inner.read(file, begin, end)
        reads.push(bytes?.length ?? 0)
        held += (bytes?.length ?? 0) / 4
        return bytes
      },
    }
    const set = await numbered(1600, { store })
    reads.length = 0
    held = 0
    const memoryRows = 320
    let taken = 0
    const pass = set.batches({ size: 16, memoryRows }).epoch(new Rng(1), 0)
    for await (const { inputs } of pass) {
      // What is read ahead has come.
      await new Promise((resolve) => setTimeout(resolve))
      // What was read and not yet given.
      expect(held - taken).toBeLessThanOrEqual(memoryRows)
      taken += 16
      const shards = new Set(upTo(16).map((i) => Math.floor((inputs.data[2 * i] as number) / 16)))
      expect(shards.size).toBeGreaterThan(5)
    }
    expect(taken).toBe(1600)
    expect(Math.max(...reads)).toBeLessThanOrEqual(16 * 4)
  })

  it('are in order without shuffling, filled up or kept short at the end', async () => {
    const set = await numbered(20)
    const options: Options = { size: 8, shuffle: false, memoryRows: 6 }
    expect((await read(set, options)).flat()).toEqual(upTo(16))
    expect((await read(set, { ...options, partial: 'keep' })).flat()).toEqual(upTo(20))
    const padded: number[][] = []
    for await (const batch of set.batches({ ...options, partial: 'pad' })) {
      expect(batch.inputs.shape).toEqual([8, 2])
      padded.push([...(batch['weight']?.data ?? [])])
    }
    expect(padded.at(-1)).toEqual([1, 1, 1, 1, 0, 0, 0, 0])
  })

  it('of a slice hold its rows alone', async () => {
    const set = await numbered(100)
    const part = set.slice(10, 90).slice(5, 60)
    expect(part.rows).toBe(55)
    const options: Options = { size: 7, memoryRows: 30, partial: 'keep' }
    expect(sorted(await read(part, options))).toEqual(upTo(55).map((i) => i + 15))
    expect(() => set.slice(90, 101)).toThrow('slice: rows 90 to 101 came')
  })

  it('come in an order of their own with a seed', async () => {
    const set = await numbered(50)
    const once = await read(set, { size: 5, seed: 1 })
    const other: number[][] = []
    for await (const { inputs } of set.batches({ size: 5, rng: new Rng(1) })) {
      other.push(upTo(5).map((i) => inputs.data[2 * i] as number))
    }
    expect(other).toEqual(once)
    expect(await read(set, { size: 5, seed: 2 })).not.toEqual(once)
    expect(() => set.batches({ size: 5 }).epoch(undefined, 0)).toThrow('rng: none came')
    expect(() => set.batches({ size: 5, seed: 1, rng: new Rng(1) })).toThrow('rng and seed came')
    expect(() => set.batches({ size: 51 })).toThrow('size: 51 came for 50 rows')
  })

  it('train a model, and go on in mid-pass to the same values', async () => {
    class Mean extends Module {
      readonly mean = new Parameter(tf.zeros([2]))
      loss(batch: Tensor) {
        return { loss: tf.mean(tf.square(tf.sub(batch, this.mean.value))) }
      }
    }
    const set = await numbered(40)
    const batches = () => set.batches({ size: 8, memoryRows: 24 })
    let kept: Uint8Array | undefined
    const store = {
      read: async () => kept,
      write: async (bytes: Uint8Array) => {
        kept = bytes
      },
    }
    const options = { optimizer: adam({ learningRate: 0.5 }), seed: 3, steps: 12, epochs: 9 }
    using whole = new Mean()
    await fit(whole, batches(), options)
    using begun = new Mean()
    const controller = new AbortController()
    const onStep = ({ step }: Progress): void => {
      if (step === 7) controller.abort()
    }
    const { signal } = controller
    await fit(begun, batches(), {
      ...options,
      signal,
      checkpoint: { store },
      callbacks: [{ onStep }],
    })
    using resumed = new Mean()
    await fit(resumed, batches(), { ...options, checkpoint: { store, resume: true } })
    expect([...resumed.mean.value.dataSync()]).toEqual([...whole.mean.value.dataSync()])
    expect(begun.mean.value.dataSync()).not.toEqual(whole.mean.value.dataSync())
  })
})

describe('a broken set', () => {
  const broken = async (
    name: string,
    spoil: (place: string) => unknown,
  ): Promise<ActivationSet> => {
    const place = join(folder, name)
    await numbered(40, { folder: place })
    await spoil(place)
    return await openActivations(place)
  }
  const shard = (place: string, index = 1) => join(place, `activations-0000${index}.safetensors`)

  it.each<[string, RegExp, (place: string) => unknown]>([
    [
      'missing',
      /activations-00001\.safetensors: the shard is missing/,
      (place) => rmSync(shard(place)),
    ],
    [
      'short',
      /activations-00001\.safetensors: cut off, expected \d+ bytes for 16 rows/,
      (place) => truncateSync(shard(place), 130),
    ],
    [
      'empty',
      /activations-00001\.safetensors: cut off, 0 bytes/,
      (place) => truncateSync(shard(place), 0),
    ],
    [
      'header',
      /activations-00001\.safetensors: cut off in its header/,
      (place) => truncateSync(shard(place), 30),
    ],
    [
      'other',
      /activations-00001\.safetensors: holds 8 rows, expected 16/,
      async (place) => writeFileSync(shard(place), await readFile(shard(place, 2))),
    ],
    [
      'text',
      /activations-00001\.safetensors: not a shard/,
      (place) => writeFileSync(shard(place), 'not a tensor'),
    ],
    ['nothing', /index\.json: there is no such file/, (place) => rmSync(join(place, 'index.json'))],
    [
      'half',
      /index\.json: not JSON, or cut off/,
      (place) => truncateSync(join(place, 'index.json'), 100),
    ],
  ])('%s: %s', async (name, message, spoil) => {
    await expect(broken(name, spoil)).rejects.toThrow(message)
  })

  it.each<[string, string | RegExp, Record<string, unknown>]>([
    ['width', 'rows of 2 values came, expected 3 as in the index', { width: 3 }],
    ['dtype', 'holds F16, expected F32 (float32)', { dtype: 'float32' }],
    ['version', "version 2 of 'winnow-activations', this library reads up to 1", { version: 2 }],
    ['format', 'not an index of activations', { format: 'x' }],
    ['rows', '41 rows, but its shards have 40', { rows: 41 }],
    ['shards', 'shard 0 is {"file":"../secret"', { shards: [{ file: '../secret', rows: 40 }] }],
    ['complete', /the collection is not finished \(40 rows so far\)/, { complete: false }],
  ])('an index with another %s: %s', async (name, message, changes) => {
    const spoil = async (place: string) => {
      const path = join(place, 'index.json')
      const index = JSON.parse(await readFile(path, 'utf8'))
      writeFileSync(path, JSON.stringify({ ...index, ...changes }))
    }
    await expect(broken(`index-${name}`, spoil)).rejects.toThrow(message)
  })

  it('NaN in a shard is found when it is read, with its place', async () => {
    const set = await broken('nan', async (place) => {
      const bytes = await readFile(shard(place))
      bytes.writeUInt16LE(0x7e00, bytes.length - 4 * 3 + 2)
      writeFileSync(shard(place), bytes)
    })
    await expect(read(set, { size: 4 })).rejects.toThrow(
      /activations-00001\.safetensors: value 1 of row 13 is NaN or infinite/,
    )
  })

  it('a shard that is cut while it is in use is found when it is read', async () => {
    const set = await broken('later', () => undefined)
    truncateSync(shard(join(folder, 'later')), 120)
    await expect(read(set, { size: 4 })).rejects.toThrow(
      /activations-00001\.safetensors: cut off, rows \d+ to \d+ are not there/,
    )
  })
})
