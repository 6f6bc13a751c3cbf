import { memory } from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { describe, expect, it } from 'vitest'
import { WinnowError } from '../error.ts'
import { Rng } from '../rng.ts'
import type { Batches } from './batches.ts'
import { type ArrayDataset, fromArrays } from './dataset.ts'
import { type HostBatch, toTensors } from './host-array.ts'
import { rangeNormalisation } from './normalisation.ts'

/** Items [i, i + 0.5], labelled i. */
function pairs(length: number): ArrayDataset {
  const data = Float32Array.from({ length: 2 * length }, (_, i) => Math.floor(i / 2) + (i % 2) / 2)
  return fromArrays({ data, shape: [length, 2], labels: Array.from({ length }, (_, i) => i) })
}

async function collect(batches: AsyncIterable<HostBatch>): Promise<HostBatch[]> {
  const out: HostBatch[] = []
  for await (const batch of batches) out.push(batch)
  return out
}

const labelsOf = (batches: readonly HostBatch[]): number[] =>
  batches.flatMap((batch) => [...(batch['labels']?.data ?? [])])

describe('ArrayDataset', () => {
  it('gathers items and labels into batches in order', async () => {
    const batches = await collect(pairs(5).batch(2, { partial: 'keep' }).epoch(undefined, 0))
    expect(batches.map((batch) => batch.inputs.shape)).toEqual([
      [2, 2],
      [2, 2],
      [1, 2],
    ])
    expect([...(batches[1] as HostBatch).inputs.data]).toEqual([2, 2.5, 3, 3.5])
    expect(labelsOf(batches)).toEqual([0, 1, 2, 3, 4])
  })

  it('drops, pads or keeps the last batch', async () => {
    const data = pairs(5)
    const dropped = data.batch(2)
    expect([dropped.length, labelsOf(await collect(dropped))]).toEqual([2, [0, 1, 2, 3]])
    const padded = await collect(data.batch(2, { partial: 'pad' }))
    expect(padded.map((batch) => [...(batch['weight']?.data ?? [])])).toEqual([
      [1, 1],
      [1, 1],
      [1, 0],
    ])
    expect(labelsOf(padded)).toEqual([0, 1, 2, 3, 4, 4])
    expect(data.batch(2, { partial: 'keep' }).length).toBe(3)
    expect(labelsOf(await collect(data.batch(12, { partial: 'pad' })))).toEqual([
      0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1,
    ])
  })

  it('shuffles anew in each pass, the same way for the same generator', async () => {
    const batches = pairs(50).shuffle().batch(10)
    const order = async (seed: number, epoch: number) =>
      labelsOf(await collect(batches.epoch(new Rng(seed), epoch)))
    const first = await order(1, 0)
    expect(first).toEqual(await order(1, 0))
    expect(first).not.toEqual(await order(1, 1))
    expect(first).not.toEqual(await order(2, 0))
    expect([...first].sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i))
  })

  it('gives the same numbers whatever the generator has drawn before', async () => {
    const batches = pairs(50).shuffle().batch(10)
    const used = new Rng(1)
    used.number()
    used.split()
    expect(labelsOf(await collect(batches.epoch(used, 3)))).toEqual(
      labelsOf(await collect(batches.epoch(new Rng(1), 3))),
    )
  })

  it('keeps inputs and labels together when shuffled', async () => {
    for (const batch of await collect(pairs(9).shuffle(new Rng(3)).batch(3))) {
      const labels = [...(batch['labels']?.data ?? [])]
      expect([...batch.inputs.data]).toEqual(labels.flatMap((label) => [label, label + 0.5]))
    }
  })

  it('resumes exactly from any position, augmentation included', async () => {
    const make = (): Batches =>
      pairs(20)
        .shuffle(new Rng(5))
        .batch(4)
        .map((batch, rng) => ({
          ...batch,
          noise: { data: Float32Array.of(rng.number()), shape: [1] },
        }))
    const passes = 3
    const whole = make()
    const all: HostBatch[] = []
    const positions = [whole.position]
    for (let pass = 0; pass < passes; pass++) {
      for await (const batch of whole) {
        all.push(batch)
        positions.push(whole.position)
      }
    }
    expect(all.length).toBe(15)
    expect(new Set(all.map((batch) => batch['noise']?.data[0])).size).toBe(15)
    for (const start of [0, 3, 5, 7, 14]) {
      const resumed = make()
      resumed.seek(JSON.parse(JSON.stringify(positions[start])))
      const rest: HostBatch[] = []
      while (resumed.position.epoch < passes) for await (const batch of resumed) rest.push(batch)
      expect(rest).toEqual(all.slice(start))
    }
  })

  it('moves the position by batches taken, not by batches prefetched', async () => {
    const batches = pairs(20).shuffle(new Rng(5)).batch(4).prefetch(3)
    for await (const _ of batches) break
    expect(batches.position).toEqual({ epoch: 0, offset: 1 })
    const rest = await collect(batches)
    expect(rest.length).toBe(4)
    expect(batches.position).toEqual({ epoch: 1, offset: 0 })
    const plain = pairs(20).shuffle(new Rng(5)).batch(4)
    expect(rest).toEqual(await collect(plain.epoch(undefined, 0, { from: 1 })))
  })

  it('splits into parts without common items', () => {
    const labels = (part: ArrayDataset) =>
      labelsOf([part.gather(Array.from({ length: part.length }, (_, i) => i))])
    const [most, rest] = pairs(10).split(0.7, new Rng(1))
    expect([most.length, rest.length]).toEqual([7, 3])
    const all = [...labels(most), ...labels(rest)]
    expect(all).not.toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect(all.sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect(pairs(10).split([2, 3]).map(labels)).toEqual([
      [0, 1],
      [2, 3, 4],
    ])
    expect(labels((rest.split([1, 2]) as [ArrayDataset, ArrayDataset])[1].take(1))[0]).toBe(
      labels(rest)[1],
    )
    expect(() => pairs(10).split(0.01)).toThrow(/leaves items on both sides/)
    expect(() => pairs(10).split([8, 3])).toThrow(/at most 10/)
  })

  it('turns bytes into normalised float32 in the batch', async () => {
    const data = Uint8Array.of(0, 51, 255, 102)
    const raw = fromArrays({ data, shape: [4, 1] })
    expect([...raw.gather([2]).inputs.data]).toEqual([255])
    const [batch] = await collect(raw.normalise(rangeNormalisation()).batch(4))
    expect(batch?.inputs.data).toBeInstanceOf(Float32Array)
    expect([...(batch?.inputs.data ?? [])]).toEqual([0, Math.fround(0.2), 1, Math.fround(0.4)])
    expect([...data]).toEqual([0, 51, 255, 102])
    expect(() => raw.normalise().normalise()).toThrow(/normalised already/)
  })

  it('normalises bytes as it does numbers, channel by channel', () => {
    const shape = [2, 3, 2]
    const bytes = Uint8Array.of(1, 200, 3, 40, 5, 60, 7, 80, 9, 100, 11, 120)
    const data = fromArrays({ data: bytes, shape }).normalise()
    expect(data.normalisation?.channels).toBe(2)
    const numbers = fromArrays({ data: Float32Array.from(bytes), shape }).normalise()
    expect(data.gather([1, 0, 1])).toEqual(numbers.gather([1, 0, 1]))
  })

  it('standardises by its own items only', () => {
    const data = fromArrays({ data: Float32Array.of(1, 3, 100, 200), shape: [4, 1] }).take(2)
    expect(data.normalise().normalisation?.toJSON()).toEqual({ offset: [2], scale: [1] })
  })

  it('gives tensors: one, or a record when there is more than inputs', () => {
    const before = memory().numTensors
    const one = toTensors(fromArrays({ data: new Uint8Array(6), shape: [3, 2] }).gather([0, 1]))
    expect([one['shape'], one['dtype']]).toEqual([[2, 2], 'float32'])
    const record = toTensors(pairs(3).gather([1])) as Record<
      string,
      import('@tensorflow/tfjs-core').Tensor
    >
    expect(Object.keys(record)).toEqual(['inputs', 'labels'])
    expect(record['labels']?.dtype).toBe('int32')
    expect(memory().numTensors - before).toBe(3)
    ;(one as import('@tensorflow/tfjs-core').Tensor).dispose()
    for (const tensor of Object.values(record)) tensor.dispose()
  })

  it.each([
    [
      'empty data',
      () => fromArrays({ data: new Float32Array(0), shape: [0, 2] }),
      /inputs: no items/,
    ],
    [
      'a wrong shape',
      () => fromArrays({ data: new Float32Array(5), shape: [3, 2] }),
      /5 values.*\[3,2\].*6/,
    ],
    [
      'too few labels',
      () => fromArrays({ data: new Float32Array(6), shape: [3, 2], labels: [1] }),
      /labels.*3 items/,
    ],
    ['a batch too large', () => pairs(3).batch(4), /size: 4 came for 3 items/],
    ['a batch of zero', () => pairs(3).batch(0), /size: 0/],
    ['an unknown rule', () => pairs(3).batch(1, { partial: 'no' as 'pad' }), /partial: 'no'/],
    ['an index beyond', () => pairs(3).gather([3]), /indices: 3 came.*0 to 2/],
    [
      'normalised tokens',
      () => fromArrays({ data: new Int32Array(2), shape: [2] }).normalise(),
      /int32/,
    ],
    [
      'other channels',
      () =>
        pairs(3).normalise(
          new (Object.getPrototypeOf(rangeNormalisation()).constructor)({
            offset: [0, 0, 0],
            scale: [1, 1, 1],
          }),
        ),
      /3 channels/,
    ],
  ])('refuses %s', (_, act, message) => {
    expect(act).toThrow(WinnowError)
    expect(act).toThrow(message)
  })

  it('says so when there is no generator to shuffle or augment with', async () => {
    await expect(collect(pairs(3).shuffle().batch(1))).rejects.toThrow(/rng: none came/)
    const drawing = pairs(3)
      .batch(1)
      .map((batch, rng) => (rng.number() > 2 ? batch : batch))
    await expect(collect(drawing)).rejects.toThrow(/rng: none came.*number/)
    const calm = pairs(3)
      .batch(1)
      .map((batch) => batch)
    expect((await collect(calm)).length).toBe(3)
  })

  it('takes the first batches of a pass', async () => {
    const batches = pairs(10).batch(2).take(3)
    expect(batches.length).toBe(3)
    expect(labelsOf(await collect(batches))).toEqual([0, 1, 2, 3, 4, 5])
    expect(labelsOf(await collect(batches.epoch(undefined, 0, { from: 2 })))).toEqual([4, 5])
    expect((await collect(batches.epoch(undefined, 0, { from: 9 }))).length).toBe(0)
  })
})
