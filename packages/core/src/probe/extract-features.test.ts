import '@tensorflow/tfjs-backend-cpu'
import type { Tensor } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { fromArrays } from '../data/dataset.ts'
import { fromIterable } from '../data/stream.ts'
import { Module } from '../module.ts'
import { Parameter } from '../slot.ts'
import { expectNoLeak } from '../testing/no-leak.ts'
import { extractFeatures } from './extract-features.ts'

beforeAll(async () => {
  await tf.setBackend('cpu')
})

/** Features x * scale and x + 1 of scalar items; remembers the batch sizes that it saw. */
class Encoder extends Module {
  readonly scale = new Parameter(tf.scalar(2))
  readonly #sizes: number[] = []

  get sizes(): readonly number[] {
    return this.#sizes
  }

  features(x: Tensor): Tensor {
    this.#sizes.push(x.shape[0] as number)
    return tf.stack([tf.mul(x, this.scale.value), tf.add(x, 1)], 1)
  }
}

const numbers = (length: number): Float32Array => Float32Array.from({ length }, (_, i) => i)
const expected = (length: number): number[] => [...numbers(length)].flatMap((x) => [2 * x, x + 1])
const labels = (length: number): number[] => [...numbers(length)].map((x) => x % 3)

describe('extractFeatures', () => {
  it('gives rows in order with their labels, in batches of one size', async () => {
    using encoder = new Encoder()
    const data = fromArrays({ data: numbers(10), shape: [10], labels: labels(10) })
    const seen: unknown[] = []
    const result = await extractFeatures(encoder, data, {
      batch: 4,
      onProgress: (items, total) => void seen.push([items, total]),
    })
    expect([...result.features]).toEqual(expected(10))
    expect(result.shape).toEqual([10, 2])
    expect([...(result.labels ?? [])]).toEqual(labels(10))
    expect(encoder.sizes).toEqual([4, 4, 4])
    expect(seen).toEqual([
      [4, 10],
      [8, 10],
      [10, 10],
    ])
  })

  it('takes arrays, functions, streams, and batches with padding of weight zero', async () => {
    using encoder = new Encoder()
    const array = { data: numbers(5), shape: [5] }
    const plain = await extractFeatures(encoder, array)
    expect([...plain.features]).toEqual(expected(5))
    expect(plain.labels).toBeUndefined()
    // No larger than the data.
    expect(encoder.sizes).toEqual([5])

    const called = await extractFeatures((x) => encoder.features(x), array, {
      modules: [encoder],
      batch: 2,
    })
    expect([...called.features]).toEqual(expected(5))

    const stream = fromIterable(() =>
      [...numbers(5)].map((x) => ({
        inputs: { data: Float32Array.of(x), shape: [] },
        labels: { data: Int32Array.of(1), shape: [] },
      })),
    )
    const streamed = await extractFeatures(encoder, stream, { batch: 2 })
    expect([...streamed.features]).toEqual(expected(5))
    expect(streamed.shape).toEqual([5, 2])

    const batches = fromArrays({ ...array, labels: labels(5) }).batch(3, { partial: 'pad' })
    const padded = await extractFeatures(encoder, batches)
    expect([...padded.features]).toEqual(expected(5))
    expect([...(padded.labels ?? [])]).toEqual(labels(5))
  })

  it('leaves no tensor behind, in failure either', async () => {
    using encoder = new Encoder()
    const data = { data: numbers(5), shape: [5] }
    await expectNoLeak(async () => {
      await extractFeatures(encoder, data, { batch: 2 })
      await expect(extractFeatures((x) => tf.sum(x), data)).rejects.toThrow(
        'extractFeatures: model: features of shape [] came for 5 items, expected [5, features]',
      )
    })
  })

  it('stops when it is told to', async () => {
    using encoder = new Encoder()
    const stop = new AbortController()
    const work = extractFeatures(
      encoder,
      { data: numbers(8), shape: [8] },
      {
        batch: 2,
        signal: stop.signal,
        onProgress: (items) => items >= 4 && stop.abort(new Error('enough')),
      },
    )
    await expect(work).rejects.toThrow('enough')
    expect(encoder.sizes).toHaveLength(2)
  })

  it('refuses a batch size that is none', async () => {
    using encoder = new Encoder()
    await expect(
      extractFeatures(encoder, { data: numbers(2), shape: [2] }, { batch: 0 }),
    ).rejects.toThrow('extractFeatures: batch: 0 came, expected a whole number >= 1')
  })
})
