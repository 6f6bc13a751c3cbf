import '@tensorflow/tfjs-backend-cpu'
import type { Tensor } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { expectNoLeak } from '../testing/no-leak.ts'
import type { Features } from './features.ts'
import { type LinearProbeOptions, linearProbe } from './linear-probe.ts'
import type { LinearProbe } from './linear-probe-module.ts'
import { blobs } from './testing/blobs.ts'

beforeAll(async () => {
  await tf.setBackend('cpu')
})

const probabilities = (probe: LinearProbe, rows: number[][]): number[][] =>
  tf.tidy(() => tf.softmax(probe.forward(tf.tensor2d(rows))).arraySync() as number[][])

/** The result without the probe, which is disposed. */
async function measured(train: Features, test: Features, options?: LinearProbeOptions) {
  const { probe, ...result } = await linearProbe(train, test, options)
  probe.dispose()
  return result
}

describe('linearProbe', () => {
  it('finds the maximum of the likelihood: the frequencies of each group, in closed form', async () => {
    // Counts of 3 classes among items with x = 7 and with x = 9.
    const counts = [
      [7, [2, 3, 5]],
      [9, [6, 1, 3]],
    ] as const
    const rows = counts.flatMap(([x, classes]) =>
      classes.flatMap((count, label) => Array.from({ length: count }, () => [x, label] as const)),
    )
    const data: Features = {
      features: Float32Array.from(rows, ([x]) => x),
      shape: [20, 1],
      labels: rows.map(([, label]) => label),
    }
    const { probe, converged, loss } = await linearProbe(data, data, { l2: 0, tolerance: 1e-6 })
    expect(converged).toBe(true)
    const found = probabilities(probe, [[7], [9]])
    let entropy = 0
    for (const [group, [, classes]] of counts.entries()) {
      for (const [label, count] of classes.entries()) {
        expect(found[group]?.[label]).toBeCloseTo(count / 10, 5)
        entropy -= (count / 20) * Math.log(count / 10)
      }
    }
    expect(loss).toBeCloseTo(entropy, 6)
    probe.dispose()
  })

  it('with a penalty is where l2 W = X^T (Y - P) / n, and the mean error is zero', async () => {
    const data = blobs({ items: 90, width: 4, classes: 3, distance: 1, seed: 1 })
    const l2 = 0.05
    const { probe } = await linearProbe(data, data, { l2 })
    const rows = Array.from({ length: 90 }, (_, i) => [...data.features.subarray(4 * i, 4 * i + 4)])
    const p = probabilities(probe, rows)
    const mean = await probe.mean.value.data()
    const deviation = await probe.deviation.value.data()
    const weight = (await probe.head.weight.value.array()) as number[][]
    for (let c = 0; c < 3; c++) {
      const errors = rows.map((_, i) => (data.labels[i] === c ? 1 : 0) - (p[i]?.[c] as number))
      expect(Math.abs(errors.reduce((a, b) => a + b, 0) / 90)).toBeLessThan(2e-5)
      for (let f = 0; f < 4; f++) {
        const x = rows.map(
          (row) => ((row[f] as number) - (mean[f] as number)) / (deviation[f] as number),
        )
        const along = errors.reduce((sum, error, i) => sum + error * (x[i] as number), 0) / 90
        expect(Math.abs(along - l2 * (weight[f]?.[c] as number))).toBeLessThan(2e-5)
      }
    }
    probe.dispose()
  })

  it('separates what can be separated', async () => {
    const options = { width: 6, classes: 4, distance: 12 }
    const train = blobs({ ...options, items: 120, seed: 1 })
    const test = blobs({ ...options, items: 200, seed: 2 })
    const result = await measured(train, test)
    expect(result.accuracy).toBe(1)
    expect(result.train.accuracy).toBe(1)
    expect(result.perClass).toEqual([1, 1, 1, 1])
  })

  it('is at chance for random labels', async () => {
    const options = { width: 5, classes: 4, distance: 0 }
    const train = blobs({ ...options, items: 800, seed: 1 })
    const test = blobs({ ...options, items: 1600, seed: 2 })
    const { accuracy, converged } = await measured(train, test)
    expect(converged).toBe(true)
    // Three deviations of a share of 1600 are 0.032.
    expect(Math.abs(accuracy - 0.25)).toBeLessThan(0.04)
  })

  it('does not care how features are scaled or shifted, or about constant ones', async () => {
    const options = { width: 5, classes: 3, distance: 1.5 }
    const train = blobs({ ...options, items: 200, seed: 1 })
    const test = blobs({ ...options, items: 200, seed: 2 })
    const changed = (data: Features): Features => ({
      ...data,
      features: data.features.map((value, i) =>
        i % 5 === 4 ? 0.1 : value * 10 ** ((i % 5) - 2) + 3 * 10 ** ((i % 5) - 2),
      ),
    })
    const without = (data: Features): Features => ({
      ...data,
      features: data.features.map((value, i) => (i % 5 === 4 ? 0 : value)),
    })
    const plain = await measured(without(train), without(test))
    const other = await measured(changed(train), changed(test))
    expect(other.loss).toBeCloseTo(plain.loss, 6)
    expect(other.accuracy).toBe(plain.accuracy)
    expect(other.perClass).toEqual(plain.perClass)
    expect(plain.accuracy).toBeGreaterThan(0.6)
    expect(plain.accuracy).toBeLessThan(0.95)
  })

  it('gives the same numbers each time', async () => {
    const data = blobs({ items: 60, width: 3, classes: 3, distance: 1, seed: 5 })
    expect(await measured(data, data)).toEqual(await measured(data, data))
  })

  it('works with more rows than go to the device at once', async () => {
    const one = blobs({ items: 1000, width: 2, classes: 2, distance: 1, seed: 6 })
    const times = 9
    const many: Features = {
      features: Float32Array.from(
        { length: times * 2000 },
        (_, i) => one.features[i % 2000] as number,
      ),
      shape: [times * 1000, 2],
      labels: Int32Array.from({ length: times * 1000 }, (_, i) => one.labels[i % 1000] as number),
    }
    const few = await measured(one, one)
    const all = await measured(many, many)
    expect(all.loss).toBeCloseTo(few.loss, 5)
    expect(all.accuracy).toBeCloseTo(few.accuracy, 10)
  })

  it('gives NaN for a class that the test data lack, and leaves no tensor behind', async () => {
    const train = blobs({ items: 60, width: 3, classes: 3, distance: 3, seed: 7 })
    const test = { ...train, labels: train.labels.map((label) => Math.min(label, 1)) }
    const result = await expectNoLeak(() => measured(train, test))
    expect(result.perClass[2]).toBeNaN()
    const wider = await measured(train, test, { classes: 5 })
    expect(wider.perClass).toHaveLength(5)
  })

  it('tells how far it is, and stops when told to', async () => {
    const data = blobs({ items: 60, width: 3, classes: 3, distance: 1, seed: 8 })
    const losses: number[] = []
    const result = await measured(data, data, { onProgress: (_, loss) => losses.push(loss) })
    expect(losses).toHaveLength(result.iterations)
    expect(losses[0]).toBeLessThan(Math.log(3))
    await expect(
      expectNoLeak(() => measured(data, data, { signal: AbortSignal.abort(new Error('enough')) })),
    ).rejects.toThrow('enough')
  })

  it('refuses labels and features that make no sense', async () => {
    const data = blobs({ items: 10, width: 2, classes: 2, distance: 1, seed: 9 })
    const refused = (train: Features, test: Features, options?: LinearProbeOptions) =>
      expectNoLeak(() =>
        measured(train, test, options).then(
          () => 'accepted',
          (error: Error) => error.message,
        ),
      )
    const withLabel = (label: number) => ({ ...data, labels: data.labels.with(3, label) })
    expect(await refused(data, withLabel(2))).toBe(
      'linearProbe: test: labels: 2 came for item 3, expected a whole number from 0 to 1',
    )
    expect(await refused(withLabel(-1), data)).toBe(
      'linearProbe: train: labels: -1 came for item 3, expected a whole number >= 0',
    )
    expect(await refused(withLabel(4), data, { classes: 2 })).toContain('from 0 to 1')
    expect(await refused({ ...data, labels: data.labels.fill(1).slice() }, data)).toBe(
      'linearProbe: train: labels: all are 1, expected at least two classes',
    )
    expect(await refused({ ...data, labels: undefined }, data)).toBe(
      'linearProbe: train: labels: none came, expected one for each item',
    )
    expect(await refused({ ...data, labels: [0, 1] }, data)).toBe(
      'linearProbe: train: labels: 2 came for 10 items',
    )
    const bad = { ...data, features: data.features.with(5, Number.NaN) }
    expect(await refused(bad, data)).toBe(
      'linearProbe: train: NaN came as feature 1 of item 2, expected finite numbers',
    )
    const narrow: Features = { features: new Float32Array(3), shape: [3, 1], labels: [0, 1, 0] }
    expect(await refused({ ...data, labels: [0, 1, 0, 1, 0, 1, 0, 1, 0, 1] }, narrow)).toBe(
      'linearProbe: test: 1 features came, expected 2 as in train',
    )
    expect(await refused(data, data, { l2: -1 })).toBe(
      'linearProbe: l2: -1 came, expected a finite number >= 0',
    )
  })

  it('gives a module that applies to new features', async () => {
    const data = blobs({ items: 40, width: 2, classes: 2, distance: 8, seed: 10 })
    const { probe } = await linearProbe(data, data)
    const x: Tensor = tf.tensor2d([8, 0, 0, 8], [2, 2])
    const logits = probe.forward(x)
    expect([...(await tf.argMax(logits, 1).data())]).toEqual([0, 1])
    probe.dispose()
  })
})
