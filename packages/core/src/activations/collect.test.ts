import '@tensorflow/tfjs-backend-cpu'
import type { Tensor } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { parseSafetensors } from '../checkpoint/safetensors.ts'
import { ArrayDataset, fromArrays } from '../data/dataset.ts'
import { Module } from '../module.ts'
import { Parameter } from '../slot.ts'
import { expectNoLeak } from '../testing/no-leak.ts'
import { openActivations } from './activation-set.ts'
import { collectActivations } from './collect.ts'
import { type ActivationStore, memoryStore } from './store.ts'

beforeAll(async () => {
  await tf.setBackend('cpu')
})

class Scale extends Module {
  readonly factor: Parameter
  constructor(factor: number) {
    super()
    this.factor = new Parameter(tf.scalar(factor))
  }
  forward(x: Tensor): Tensor {
    return tf.tidy(() => tf.mul(x, this.factor.value))
  }
}

/** Tokens x [batch, tokens] become rows (x, x + 0.25), times 2, times 3; remembers the shapes that it saw. */
class Model extends Module {
  readonly blocks = [new Scale(2), new Scale(3)]
  readonly unused = new Scale(1)
  #shapes: number[][] = []

  get shapes(): readonly number[][] {
    return this.#shapes
  }

  forward(x: Tensor): { tokens: Tensor; blocks: Tensor[]; count: Tensor } {
    this.#shapes.push([...x.shape])
    const first = tf.stack([x, tf.add(x, 0.25)], -1)
    const blocks: Tensor[] = []
    let tokens: Tensor = first
    for (const block of this.blocks) {
      tokens = block.forward(tokens)
      blocks.push(tokens)
    }
    return { tokens, blocks, count: tf.scalar(1) }
  }
}

const tokens = (items: number, length = 3): Float32Array =>
  Float32Array.from({ length: items * length }, (_, i) => i)
const data = (items: number, length = 3) =>
  fromArrays({ data: tokens(items, length), shape: [items, length] })
const rowsOf = (x: ArrayLike<number>, factor: number): number[] =>
  Array.from(x).flatMap((value) => [factor * value, factor * (value + 0.25)])

const all = async (set: Awaited<ReturnType<typeof openActivations>>): Promise<number[]> => {
  const values: number[] = []
  for await (const batch of set.batches({ size: 4, shuffle: false, partial: 'keep' })) {
    values.push(...batch.inputs.data)
  }
  return values
}

describe('collectActivations', () => {
  it.each([
    ['blocks.0', 2],
    ['blocks.1', 6],
    ['tokens', 6],
  ])('catches the output at %s, one row a token, in batches of one shape', async (at, factor) => {
    using model = new Model()
    const store = memoryStore()
    const set = await collectActivations(model, data(5), { at, store, batch: 2, shardRows: 4 })
    expect([set.rows, set.width]).toEqual([15, 2])
    expect(await all(set)).toEqual(rowsOf(tokens(5), factor))
    expect(model.shapes).toEqual(Array(3).fill([2, 3]))
    expect(set.index).toMatchObject({
      format: 'winnow-activations',
      version: 1,
      model: 'Model',
      at,
      dtype: 'float16',
      rows: 15,
      complete: true,
    })
    expect(set.index.shards.map(({ rows }) => rows)).toEqual([4, 4, 4, 3])
    const last = parseSafetensors((await store.read('activations-00003.safetensors')) as Uint8Array)
    expect(last.tensors.get('activations')).toMatchObject({ dtype: 'F16', shape: [3, 2] })
  })

  it('takes functions, nodes of a graph model, and float32', async () => {
    const double = (x: Tensor): Tensor => tf.mul(tf.reshape(x, [-1, 3]), 2.0001)
    const stored = await collectActivations(double, data(4), {
      store: memoryStore(),
      dtype: 'float32',
    })
    expect(await all(stored)).toEqual(
      [...tokens(4)].map((x) => Math.fround(x * Math.fround(2.0001))),
    )
    expect(stored.index.model).toBe('double')

    const asked: unknown[] = []
    const constant = tf.tensor2d([[1, 2, 3]])
    const graph = {
      execute(inputs: Tensor, node: string | string[] = '') {
        asked.push(node)
        return node === 'constant' ? constant : tf.mul(inputs, 3)
      },
    }
    const set = await collectActivations(graph, data(4), { at: 'dense/Relu', store: memoryStore() })
    expect(await all(set)).toEqual([...tokens(4)].map((x) => 3 * x))
    expect(asked).toEqual(['dense/Relu'])
    // A tensor of the model's own must outlive the call.
    await collectActivations(graph, data(1), { at: 'constant', store: memoryStore(), batch: 1 })
    expect(constant.isDisposed).toBe(false)
    constant.dispose()
  })

  it('gives a graph of several inputs the fields of their names', async () => {
    const graph = {
      inputs: [{ name: 'ids:0' }, { name: 'scale' }],
      execute: (given: { 'ids:0': Tensor; scale: Tensor }) => tf.mul(given['ids:0'], given.scale),
    }
    const fields = new ArrayDataset({
      inputs: { data: tokens(2), shape: [2, 3] },
      scale: { data: Float32Array.of(2, 3), shape: [2, 1] },
    })
    const options = { at: 'node', store: memoryStore() }
    const set = await collectActivations(graph as never, fields, options)
    expect(await all(set)).toEqual([0, 2, 4, 9, 12, 15])
    await expect(collectActivations(graph as never, data(2), options)).rejects.toThrow(
      "no fields for the graph's inputs ids:0, scale",
    )
  })

  it('leaves out padding by a mask, first tokens, items of weight zero, and rows beyond a limit', async () => {
    using model = new Model()
    const fields = new ArrayDataset({
      inputs: { data: tokens(3), shape: [3, 3] },
      kept: { data: Int32Array.of(1, 1, 0, 1, 0, 0, 1, 1, 1), shape: [3, 3] },
    })
    const at = 'blocks.0'
    const kept = { at, mask: 'kept', batch: 2 }
    const masked = await collectActivations(model, fields, { ...kept, store: memoryStore() })
    expect(await all(masked)).toEqual(rowsOf([0, 1, 3, 6, 7, 8], 2))
    const skipped = await collectActivations(model, fields, {
      ...kept,
      skip: 1,
      store: memoryStore(),
    })
    expect(await all(skipped)).toEqual(rowsOf([1, 7, 8], 2))
    const limited = await collectActivations(model, fields, {
      ...kept,
      rows: 4,
      store: memoryStore(),
    })
    expect(await all(limited)).toEqual(rowsOf([0, 1, 3, 6], 2))
    const padded = fields.batch(2, { partial: 'pad' })
    const weighed = await collectActivations(model, padded, { at, store: memoryStore() })
    expect(await all(weighed)).toEqual(rowsOf(tokens(3), 2))
  })

  it('runs a model as it is told, with the fields of the batch', async () => {
    using model = new Model()
    const set = await collectActivations(model, data(2), {
      at: 'blocks.0',
      store: memoryStore(),
      run: (inputs, fields) => model.forward(tf.add(inputs, fields['inputs'] as Tensor)),
    })
    expect(await all(set)).toEqual(
      rowsOf(
        [...tokens(2)].map((x) => 2 * x),
        2,
      ),
    )
  })

  it('says how far it has come and how fast', async () => {
    using model = new Model()
    const seen: [number, number, number | undefined, boolean][] = []
    await collectActivations(model, data(5), {
      at: 'blocks.0',
      store: memoryStore(),
      batch: 2,
      onProgress: ({ rows, batches, of, tokensPerSecond }) =>
        void seen.push([rows, batches, of, tokensPerSecond > 0]),
    })
    expect(seen).toEqual([
      [6, 1, 3, true],
      [12, 2, 3, true],
      [15, 3, 3, true],
    ])
  })

  it('leaks no tensor and leaves the model as it was', async () => {
    using model = new Model()
    await expectNoLeak(async () => {
      await collectActivations(model, data(5), { at: 'blocks.0', store: memoryStore(), batch: 2 })
      await collectActivations(model, data(5), { at: 'blocks.1', store: memoryStore(), batch: 2 })
      const bad = {
        at: 'blocks.1',
        store: memoryStore(),
        run: () => model.unused.forward(tf.ones([2])),
      }
      await expect(collectActivations(model, data(5), bad)).rejects.toThrow()
    })
    expect(Object.getOwnPropertyNames(model.blocks[0])).toEqual(['factor'])
  })
})

describe('a collection that stopped', () => {
  /** The files of a collection that is broken off when it has come to each of some numbers of batches. */
  const files = async (stops: readonly number[], shardRows: number): Promise<string[]> => {
    using model = new Model()
    const store = memoryStore()
    const fields = new ArrayDataset({
      inputs: { data: tokens(9), shape: [9, 3] },
      kept: {
        data: Int32Array.from({ length: 27 }, (_, i) => (i % 5 === 0 ? 0 : 1)),
        shape: [9, 3],
      },
    })
    const options = { at: 'blocks.1', store, batch: 2, shardRows, mask: 'kept' }
    for (const stop of stops) {
      const controller = new AbortController()
      const onProgress = ({ batches }: { batches: number }) => {
        if (batches === stop) controller.abort()
      }
      const { signal } = controller
      await expect(
        collectActivations(model, fields, { ...options, signal, onProgress }),
      ).rejects.toThrow('abort')
      await expect(openActivations(store)).rejects.toThrow(/not finished|no such file/)
    }
    const set = await collectActivations(model, fields, options)
    expect(await all(set)).toEqual(
      rowsOf(
        [...tokens(9)].filter((_, i) => i % 5 !== 0),
        6,
      ),
    )
    // Once more finds all of it there.
    expect((await collectActivations(model, fields, options)).rows).toBe(set.rows)
    const found: string[] = []
    for (const name of ['index.json', ...set.index.shards.map(({ file }) => file)]) {
      found.push(Buffer.from((await store.read(name)) as Uint8Array).toString('base64'))
    }
    return found
  }

  it.each([1, 3, 4, 5, 50])('goes on to the same bytes, shards of %i rows', async (shardRows) => {
    const whole = await files([], shardRows)
    expect(await files([1], shardRows)).toEqual(whole)
    expect(await files([2, 4], shardRows)).toEqual(whole)
    expect(await files([1, 2, 3, 4], shardRows)).toEqual(whole)
  })

  it('never tells of a shard that is not there', async () => {
    using model = new Model()
    const inner = memoryStore()
    let broken = true
    const store: ActivationStore = {
      read: inner.read,
      async write(file, bytes) {
        if (broken && file === 'activations-00001.safetensors') throw new Error('the disk is full')
        await inner.write(file, bytes)
      },
    }
    const options = { at: 'blocks.0', store, batch: 2, shardRows: 4 }
    await expect(collectActivations(model, data(5), options)).rejects.toThrow('the disk is full')
    expect((await openActivations(store, { unfinished: true })).rows).toBe(4)
    broken = false
    expect(await all(await collectActivations(model, data(5), options))).toEqual(
      rowsOf(tokens(5), 2),
    )
  })

  it('refuses another model, other data, other settings', async () => {
    using model = new Model()
    const store = memoryStore()
    const options = { at: 'blocks.0', store, batch: 2 }
    await collectActivations(model, data(5), options)
    model.blocks[0]?.factor.assign(tf.scalar(2.1))
    await expect(collectActivations(model, data(5), options)).rejects.toThrow(
      'activations-00000.safetensors: its last row is not what the model gives for batch 2 now',
    )
    model.blocks[0]?.factor.assign(tf.scalar(2))
    await expect(collectActivations(model, data(3), options)).rejects.toThrow(
      'index.json: the data end before batch 2',
    )
    await expect(
      collectActivations(model, data(5), { ...options, at: 'blocks.1' }),
    ).rejects.toThrow(
      'index.json: holds activations with at "blocks.0", but "blocks.1" was asked for',
    )
    await expect(collectActivations(model, data(5), { ...options, batch: 3 })).rejects.toThrow(
      'holds activations with batch 2, but 3',
    )
  })
})

describe('bad input', () => {
  const collect = (options: Partial<Parameters<typeof collectActivations>[2]>, x = data(4)) => {
    const model = new Model()
    return collectActivations(model, x, {
      at: 'blocks.0',
      store: memoryStore(),
      ...options,
    }).finally(() => model.dispose())
  }

  it.each([
    [{ at: 'blocks.7' }, "at: 'blocks.7' is not known. Did you mean 'blocks.0'?"],
    [{ at: 'block.0' }, "at: 'block.0' is not known. Did you mean 'blocks.0'?"],
    [{ at: '' }, 'the output is 4 tensors in a object, expected one tensor'],
    [{ at: 'count' }, "the output at 'count' is a float32 tensor of shape []"],
    [{ at: 'unused' }, "at: 'unused' did not run when Model did"],
    [{ skip: -1 }, 'skip: -1 came'],
    [{ batch: 0 }, 'batch: 0 came'],
    [{ mask: 'kept' }, "mask: the data has no field 'kept', it has inputs"],
    [{ mask: 'inputs', skip: 3 }, 'no row came'],
    [{ dtype: 'float8' as 'float16' }, "dtype: 'float8' came, expected 'float16' or 'float32'"],
  ])('%o: %s', async (options, message) => {
    await expect(collect(options)).rejects.toThrow(message)
  })

  it('NaN and what float16 cannot hold are refused with their place', async () => {
    const values = tokens(4)
    values[7] = Number.NaN
    const broken = fromArrays({ data: values, shape: [4, 3] })
    await expect(collect({ batch: 2 }, broken)).rejects.toThrow(
      'value 0 of row 1 of batch 1 is NaN, expected finite activations',
    )
    values[7] = 40_000
    await expect(collect({ batch: 2 }, broken)).rejects.toThrow("pass dtype: 'float32'")
    expect((await collect({ batch: 2, dtype: 'float32' }, broken)).rows).toBe(12)
  })
})
