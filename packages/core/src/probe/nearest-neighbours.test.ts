import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { expectNoLeak } from '../testing/no-leak.ts'
import type { Features } from './features.ts'
import { type NearestNeighboursOptions, nearestNeighbours } from './nearest-neighbours.ts'
import { blobs } from './testing/blobs.ts'

beforeAll(async () => {
  await tf.setBackend('cpu')
})

const rowsOf = ({ features, shape: [items, width] }: Features): number[][] =>
  Array.from({ length: items }, (_, i) => [...features.subarray(i * width, (i + 1) * width)])

const points = (rows: number[][], labels: number[]): Features => ({
  features: Float32Array.from(rows.flat()),
  shape: [rows.length, rows[0]?.length ?? 0],
  labels,
})

/** One query after the other, all in float64, by sorting. */
function byHand(
  train: Features,
  test: Features,
  k: number,
  metric: 'cosine' | 'euclidean',
  temperature: number,
): { predictions: number[]; neighbours: number[][] } {
  const keys = rowsOf(train)
  const dot = (a: number[], b: number[]) => a.reduce((sum, x, i) => sum + x * (b[i] as number), 0)
  const found = rowsOf(test).map((query) => {
    const near = keys
      .map((key, item) => ({
        item,
        s:
          metric === 'cosine'
            ? dot(query, key) / Math.sqrt(dot(query, query) * dot(key, key))
            : -query.reduce((sum, x, i) => sum + (x - (key[i] as number)) ** 2, 0),
      }))
      .sort((a, b) => b.s - a.s || a.item - b.item)
      .slice(0, k)
    const votes = new Map<number, number>()
    for (const { item, s } of near) {
      const label = train.labels?.[item] as number
      votes.set(label, (votes.get(label) ?? 0) + Math.exp(s / temperature))
    }
    const [[winner]] = [...votes].sort((a, b) => b[1] - a[1]) as [[number, number]]
    return { winner, items: near.map(({ item }) => item) }
  })
  return {
    predictions: found.map(({ winner }) => winner),
    neighbours: found.map(({ items }) => items),
  }
}

describe('nearestNeighbours', () => {
  it.each([
    ['cosine', 1, undefined, 0.07],
    ['cosine', 20, undefined, 0.07],
    ['cosine', 7, 2, 2],
    ['euclidean', 9, undefined, Number.POSITIVE_INFINITY],
    ['euclidean', 15, 0.5, 0.5],
  ] as const)('%s, k = %i, temperature %s: as one by one', async (metric, k, temperature, t) => {
    const options = { width: 5, classes: 4, distance: 1.5 }
    const train = blobs({ ...options, items: 83, seed: 1 })
    const test = blobs({ ...options, items: 41, seed: 2 })
    const expected = byHand(train, test, k, metric, t)
    // Blocks that do and do not fit, and one for all.
    for (const block of [16, 41, 1024]) {
      const found = await nearestNeighbours(train, test, {
        k,
        metric,
        block,
        ...(temperature !== undefined && { temperature }),
      })
      expect([...found.predictions]).toEqual(expected.predictions)
      expect([...found.neighbours]).toEqual(expected.neighbours.flat())
      const right = expected.predictions.filter((label, i) => label === test.labels[i]).length
      expect(found.accuracy).toBeCloseTo(right / 41, 12)
    }
  })

  it('separates what can be separated, and is at chance for random labels', async () => {
    const apart = { width: 6, classes: 4, distance: 14 }
    const near = await nearestNeighbours(
      blobs({ ...apart, items: 200, seed: 1 }),
      blobs({ ...apart, items: 100, seed: 2 }),
    )
    expect(near.accuracy).toBe(1)
    expect(near.perClass).toEqual([1, 1, 1, 1])
    const mixed = { width: 6, classes: 4, distance: 0 }
    const { accuracy } = await nearestNeighbours(
      blobs({ ...mixed, items: 400, seed: 1 }),
      blobs({ ...mixed, items: 1600, seed: 2 }),
    )
    expect(Math.abs(accuracy - 0.25)).toBeLessThan(0.04)
  })

  it('does not care how long the vectors are (cosine) or where they lie (euclidean)', async () => {
    const options = { width: 4, classes: 3, distance: 1 }
    const train = blobs({ ...options, items: 60, seed: 3 })
    const test = blobs({ ...options, items: 60, seed: 4 })
    const longer = (data: Features): Features => ({
      ...data,
      features: data.features.map((value, i) => value * (1 + (Math.floor(i / 4) % 5))),
    })
    const moved = (data: Features): Features => ({
      ...data,
      features: data.features.map((value) => Math.round(value * 64) / 64 + 4096),
    })
    const rounded = (data: Features): Features => ({
      ...data,
      features: data.features.map((value) => Math.round(value * 64) / 64),
    })
    const k = 5
    const plain = await nearestNeighbours(train, test, { k })
    const long = await nearestNeighbours(longer(train), longer(test), { k })
    expect(long.predictions).toEqual(plain.predictions)
    const euclidean: NearestNeighboursOptions = { k, metric: 'euclidean', temperature: 1 }
    const here = await nearestNeighbours(rounded(train), rounded(test), euclidean)
    const there = await nearestNeighbours(moved(train), moved(test), euclidean)
    expect(there.predictions).toEqual(here.predictions)
  })

  it('breaks ties by the first of equal neighbours and the class of the nearest', async () => {
    const train = points([[0], [2], [2], [-2], [-2]], [2, 1, 0, 0, 1])
    // At the same distance 2: items 1 to 4, in this order. (Means are zero, so that nothing is rounded.)
    const options = { metric: 'euclidean', temperature: Number.POSITIVE_INFINITY } as const
    const query = points([[0]], [0])
    const three = await nearestNeighbours(train, query, { ...options, k: 3 })
    expect([...three.neighbours]).toEqual([0, 1, 2])
    // One vote for each of the classes 2, 1 and 0: the nearest has it.
    expect([...three.predictions]).toEqual([2])
    const four = await nearestNeighbours(train, query, { ...options, k: 4 })
    expect([...four.predictions]).toEqual([0])
    // Two votes for 0 and two for 1; that of class 1 is nearer.
    const even = points([[1], [2], [3], [4]], [1, 0, 0, 1])
    const tied = await nearestNeighbours(even, query, { ...options, k: 4 })
    expect([...tied.predictions]).toEqual([1])
  })

  it('weighs near ones more where the temperature is low, however low', async () => {
    const train = points([[1], [3], [3.1]], [0, 1, 1])
    const query = points([[0]], [0])
    const vote = async (temperature: number) => {
      const options = { k: 3, metric: 'euclidean', temperature } as const
      return (await nearestNeighbours(train, query, options)).predictions[0]
    }
    expect(await vote(1)).toBe(0)
    expect(await vote(1e-6)).toBe(0)
    expect(await vote(1e6)).toBe(1)
    // exp(0.995 / 0.001) is no float64, but the votes' ratio is.
    const close = points(
      [
        [1, 0.1],
        [1, 0.10001],
        [1, 0.10001],
      ],
      [0, 1, 1],
    )
    const options = { k: 3, temperature: 0.001 }
    const found = await nearestNeighbours(close, points([[1, 0]], [1]), options)
    expect(found.accuracy).toBe(1)
  })

  it('takes zero vectors, tells how far it is, stops when told to and leaves nothing', async () => {
    const train = points(
      [
        [0, 0],
        [1, 0],
        [0, 1],
      ],
      [0, 1, 2],
    )
    const seen: number[] = []
    const found = await expectNoLeak(async () =>
      nearestNeighbours(train, train, { k: 1, block: 2, onProgress: (items) => seen.push(items) }),
    )
    expect([...found.predictions].slice(1)).toEqual([1, 2])
    expect(seen).toEqual([2, 3])
    const stop = new AbortController()
    await expectNoLeak(async () => {
      const options = { k: 1, block: 1, signal: stop.signal, onProgress: () => stop.abort() }
      await expect(nearestNeighbours(train, train, options)).rejects.toThrow('abort')
    })
  })

  it('refuses what makes no sense', async () => {
    const data = points([[1], [2], [3]], [0, 1, 0])
    const refused = (options: NearestNeighboursOptions, train = data, test = data) =>
      nearestNeighbours(train, test, options).then(
        () => 'accepted',
        (error: Error) => error.message,
      )
    expect(await refused({})).toBe(
      'nearestNeighbours: k: 20 came, expected a whole number from 1 to the 3 items of train',
    )
    expect(await refused({ k: 1.5 })).toContain('k: 1.5 came')
    expect(await refused({ k: 1, temperature: 0 })).toBe(
      'nearestNeighbours: temperature: 0 came, expected > 0',
    )
    expect(await refused({ k: 1, block: 0 })).toContain('block: 0 came')
    expect(await refused({ k: 1, metric: 'manhattan' as 'cosine' })).toContain(
      "nearestNeighbours: metric: 'manhattan' is not known",
    )
    expect(await refused({ k: 1 }, points([[1], [2]], [1, 1]))).toBe(
      'nearestNeighbours: train: labels: all are 1, expected at least two classes',
    )
    expect(await refused({ k: 1 }, data, points([[1]], [2]))).toBe(
      'nearestNeighbours: test: labels: 2 came for item 0, expected a whole number from 0 to 1',
    )
    expect(await refused({ k: 1 }, data, points([[Number.POSITIVE_INFINITY]], [0]))).toBe(
      'nearestNeighbours: test: Infinity came as feature 0 of item 0, expected finite numbers',
    )
  })
})
