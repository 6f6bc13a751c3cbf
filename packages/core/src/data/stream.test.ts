import { describe, expect, it } from 'vitest'
import { WinnowError } from '../error.ts'
import { Rng } from '../rng.ts'
import { asBatches } from './as-batches.ts'
import { fromArrays } from './dataset.ts'
import type { HostBatch } from './host-array.ts'
import { rangeNormalisation } from './normalisation.ts'
import { fromIterable, type StreamItem } from './stream.ts'

const item = (value: number, shape: readonly number[] = [1]) => ({
  data: new Float32Array(shape.reduce((product, size) => product * size, 1)).fill(value),
  shape,
})

const numbers = (count: number) =>
  fromIterable(async function* () {
    for (let i = 0; i < count; i++) yield item(i)
  })

async function inputsOf(batches: AsyncIterable<HostBatch>): Promise<number[][]> {
  const out: number[][] = []
  for await (const { inputs } of batches) out.push([...inputs.data])
  return out
}

describe('StreamDataset', () => {
  it('batches, maps, takes and normalises', async () => {
    expect(await inputsOf(numbers(5).batch(2))).toEqual([
      [0, 1],
      [2, 3],
    ])
    expect(await inputsOf(numbers(5).batch(2, { partial: 'keep' }))).toEqual([[0, 1], [2, 3], [4]])
    const doubled = numbers(5).map((it) =>
      item(2 * ((it as ReturnType<typeof item>).data[0] as number)),
    )
    expect(await inputsOf(doubled.take(2).batch(2))).toEqual([[0, 2]])
    const range = rangeNormalisation({ from: [0, 4] })
    expect(await inputsOf(numbers(5).normalise(range).batch(5))).toEqual([[0, 0.25, 0.5, 0.75, 1]])
  })

  it('pads with a weight of zero', async () => {
    const batches: HostBatch[] = []
    for await (const batch of numbers(3).batch(2, { partial: 'pad' })) batches.push(batch)
    expect(batches.map(({ inputs }) => [...inputs.data])).toEqual([
      [0, 1],
      [2, 2],
    ])
    expect(batches.map((batch) => [...(batch['weight']?.data ?? [])])).toEqual([
      [1, 1],
      [1, 0],
    ])
  })

  it('reads endless sources as far as is asked', async () => {
    const endless = fromIterable(function* () {
      for (let i = 0; ; i++) yield item(i)
    })
    expect(await inputsOf(endless.batch(2).take(2))).toEqual([
      [0, 1],
      [2, 3],
    ])
    expect(await inputsOf(endless.batch(2).prefetch(3).take(2))).toEqual([
      [0, 1],
      [2, 3],
    ])
  })

  it('shuffles within a buffer, anew in each pass, and resumes exactly', async () => {
    const batches = numbers(40).shuffle({ buffer: 10 }).batch(4)
    const first = await inputsOf(batches.epoch(new Rng(1), 0))
    expect(first.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, i) => i))
    expect(first.flat()[0]).toBeLessThanOrEqual(10)
    expect(await inputsOf(batches.epoch(new Rng(1), 1))).not.toEqual(first)
    expect(await inputsOf(batches.epoch(new Rng(1), 0, { from: 6 }))).toEqual(first.slice(6))
    await expect(inputsOf(batches)).rejects.toThrow(/rng: none came to shuffle with/)
  })

  it('closes the source when the reader stops early', async () => {
    let closed = 0
    const source = fromIterable(async function* () {
      try {
        for (let i = 0; ; i++) yield item(i)
      } finally {
        closed++
      }
    })
    for await (const _ of source.batch(2).prefetch(2)) break
    for await (const _ of source.batch(2)) break
    expect(closed).toBe(2)
  })

  it.each<[string, readonly unknown[], RegExp]>([
    [
      'another shape',
      [item(0, [2, 2]), item(1, [2, 3])],
      /item 1: inputs has shape \[2,3\].*\[2,2\]/,
    ],
    ['another rank', [item(0, [2]), item(1, [2, 1])], /item 1: inputs has shape \[2,1\]/],
    [
      'values that do not fill the shape',
      [{ data: new Float32Array(3), shape: [2] }],
      /item 0, inputs: 3 values/,
    ],
    [
      'a field that is missing',
      [{ inputs: item(0), labels: item(1) }, { inputs: item(0) }],
      /item 1: has the fields inputs, expected inputs,labels/,
    ],
    ['no inputs', [{ pixels: item(0) }], /item 0: has the fields pixels/],
    ['no items', [], /source: gave no items/],
  ])('refuses %s', async (_, items, message) => {
    const batches = fromIterable(() => items as StreamItem[]).batch(2, { partial: 'keep' })
    await expect(inputsOf(batches)).rejects.toThrow(WinnowError)
    await expect(inputsOf(batches)).rejects.toThrow(message)
  })

  it('passes on a failure of the source, prefetched too', async () => {
    const failing = fromIterable(async function* () {
      yield item(0)
      throw new Error('disk gone')
    })
    await expect(inputsOf(failing.batch(1))).rejects.toThrow('disk gone')
    await expect(inputsOf(failing.batch(1).prefetch(4))).rejects.toThrow('disk gone')
  })
})

describe('asBatches', () => {
  it('takes datasets, batches and plain arrays', async () => {
    const arrays = { data: Float32Array.of(0, 1, 2), shape: [3, 1] }
    const batches = fromArrays(arrays).batch(1)
    expect(asBatches(batches, { size: 3 })).toBe(batches)
    expect(await inputsOf(asBatches(arrays, { size: 3 }))).toEqual([[0, 1, 2]])
    expect(await inputsOf(asBatches(numbers(4), { size: 4 }))).toEqual([[0, 1, 2, 3]])
    const shuffled = asBatches(fromArrays(arrays), { size: 3, shuffle: true })
    const seen = await Promise.all(
      [0, 1, 2, 3].map((epoch) => inputsOf(shuffled.epoch(new Rng(1), epoch))),
    )
    expect(new Set(seen.map(String)).size).toBeGreaterThan(1)
  })

  it('refuses anything else', () => {
    expect(() => asBatches([1, 2] as never, { size: 1 })).toThrow(/data: expected a dataset/)
    expect(() => asBatches(numbers(1))).toThrow(/batch: no size came/)
  })
})
