import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { gradient, higherOrder, parameters, Rng, registerGradients, states } from '@winnow/core'
import { beforeAll, describe, expect, test } from 'vitest'
import { testContext } from '../testing/test-context.ts'
import { expectClose, normal, reader, sumOf, tabulate, valuesOf } from '../testing/values.ts'
import { VectorQuantizer, type VectorQuantizerConfig } from './vector-quantizer.ts'

beforeAll(() => registerGradients())

/** Entries at (0, 0), (1, 1), (-2, 0). */
function small(config: Partial<VectorQuantizerConfig> = {}): VectorQuantizer {
  const quantizer = new VectorQuantizer({ entries: 3, features: 2, ...config }, new Rng(1))
  const entries = (): tf.Tensor => tf.tensor([0, 0, 1, 1, -2, 0], [3, 2])
  quantizer.codebook.assign(entries())
  quantizer.sums?.assign(entries())
  return quantizer
}

const input = (): tf.Tensor => tf.tensor([0.9, 0.6, 0.2, -0.1, 1, 1.5, 0.4, 0.5], [2, 2, 2])

/** Steps as `fit` makes them: the updates are committed after each. */
function train(quantizer: VectorQuantizer, batches: readonly tf.Tensor[]): void {
  batches.forEach((batch, step) => {
    const { context, updates } = testContext(true, step)
    quantizer.forward(batch, context)
    for (const [state, value] of updates) state.assign(value)
  })
}

describe('each vector becomes the nearest entry', () => {
  test('worked by hand', () => {
    const { quantized, indices, loss, perplexity, usage } = small().forward(input())
    expect(indices.dtype).toBe('int32')
    expect(indices.shape).toEqual([2, 2])
    expect(valuesOf(indices)).toEqual([1, 0, 1, 0])
    expect(quantized.shape).toEqual([2, 2, 2])
    expect(valuesOf(quantized)).toEqual([1, 1, 0, 0, 1, 1, 0, 0])
    // Squares: 0.01 + 0.16, 0.04 + 0.01, 0 + 0.25, 0.16 + 0.25, over 8 numbers; codebook and a quarter for commitment.
    expectClose(loss, tf.scalar((1.25 * 0.88) / 8), 1e-6)
    // Two of three entries, evenly.
    expectClose(perplexity, tf.scalar(2), 1e-6)
    expectClose(usage, tf.scalar(2 / 3), 1e-6)
  })

  test('as a loop over entries finds it, and decoding gives the same numbers', () => {
    const quantizer = new VectorQuantizer({ entries: 17, features: 5 }, new Rng(3))
    const x = normal([6, 7, 5])
    const [at, entry] = [reader(x), reader(quantizer.codebook.value)]
    const nearest = tabulate([6, 7], (i, j) => {
      const distances = Array.from({ length: 17 }, (_, k) =>
        sumOf(5, (d) => (at(i, j, d) - entry(k, d)) ** 2),
      )
      return distances.indexOf(Math.min(...distances))
    })
    const { indices, quantized } = quantizer.forward(x)
    expect(valuesOf(indices)).toEqual(valuesOf(nearest))
    expect(valuesOf(quantizer.decode(indices))).toEqual(valuesOf(quantized))
    expect(quantizer.decode(indices).shape).toEqual([6, 7, 5])
  })

  test('perplexity goes from 1 to the number of entries', () => {
    const one = small().forward(tf.zeros([5, 2]))
    expect(valuesOf(one.perplexity)).toEqual([1])
    expectClose(one.usage, tf.scalar(1 / 3), 1e-6)
    const all = small().forward(tf.tensor([0, 0, 1, 1, -2, 0], [3, 2]))
    expectClose(all.perplexity, tf.scalar(3), 1e-6)
    expect(valuesOf(all.usage)).toEqual([1])
  })
})

describe('gradients', () => {
  const weights = (): tf.Tensor => normal([2, 2, 2], 8)

  test('pass through to the input as they are, and not to the codebook', () => {
    for (const scope of [<T>(fn: () => T) => fn(), higherOrder]) {
      const quantizer = small()
      const x = input()
      const [toInput, toCodebook] = gradient(
        () => scope(() => tf.sum(tf.mul(quantizer.forward(x).quantized, weights()))),
        [x, quantizer.codebook.value],
      )
      expectClose(toInput as tf.Tensor, weights(), 1e-6)
      expect(valuesOf(toCodebook as tf.Tensor)).toEqual([0, 0, 0, 0, 0, 0])
    }
  })

  test('commitment draws the input to its entry, the codebook loss the entry to its inputs', () => {
    for (const scope of [<T>(fn: () => T) => fn(), higherOrder]) {
      const quantizer = small({ commitment: 0.5 })
      const x = input()
      const [toInput, toCodebook] = gradient(
        () => scope(() => quantizer.forward(x).loss),
        [x, quantizer.codebook.value],
      )
      // 0.5 * 2 (x - e) / 8
      const expected = [-0.1, -0.4, 0.2, -0.1, 0, 0.5, 0.4, 0.5].map((gap) => gap / 8)
      expectClose(toInput as tf.Tensor, tf.tensor(expected, [2, 2, 2]), 1e-6)
      // 2 (e - x) / 8, summed over the vectors that became the entry
      const entries = [-0.6, -0.4, 0.1, -0.1, 0, 0].map((gap) => gap / 4)
      expectClose(toCodebook as tf.Tensor, tf.tensor(entries, [3, 2]), 1e-6)
    }
  })

  test('with averages only commitment is left', () => {
    const quantizer = small({ decay: 0.9 })
    expectClose(quantizer.forward(input()).loss, tf.scalar((0.25 * 0.88) / 8), 1e-6)
    expect([...parameters(quantizer)]).toEqual([])
  })
})

describe('a codebook of averages', () => {
  const config = { entries: 4, features: 3, decay: 0.8, epsilon: 0.01 }
  const batches = [11, 12, 13, 14].map((seed) => normal([5, 4, 3], seed))

  test('moves as a loop on the host moves it', () => {
    const quantizer = new VectorQuantizer(config, new Rng(2))
    const codebook = Array.from({ length: 4 }, (_, k) =>
      valuesOf(quantizer.codebook.value).slice(3 * k, 3 * k + 3),
    )
    const sums = codebook.map((row) => [...row])
    const sizes = [1, 1, 1, 1]
    for (const batch of batches) {
      const at = reader(tf.reshape(batch, [20, 3]))
      const counts = [0, 0, 0, 0]
      const totals = sums.map(() => [0, 0, 0])
      for (let n = 0; n < 20; n++) {
        const distances = codebook.map((row) => sumOf(3, (d) => (at(n, d) - row[d]!) ** 2))
        const k = distances.indexOf(Math.min(...distances))
        counts[k]! += 1
        for (let d = 0; d < 3; d++) totals[k]![d]! += at(n, d)
      }
      for (let k = 0; k < 4; k++) {
        sizes[k] = 0.8 * sizes[k]! + 0.2 * counts[k]!
        for (let d = 0; d < 3; d++) sums[k]![d] = 0.8 * sums[k]![d]! + 0.2 * totals[k]![d]!
      }
      const total = sumOf(4, (k) => sizes[k]!)
      for (let k = 0; k < 4; k++) {
        const smooth = ((sizes[k]! + 0.01) / (total + 0.04)) * total
        codebook[k] = sums[k]!.map((value) => value / smooth)
      }
    }
    train(quantizer, batches)
    expectClose(quantizer.sizes!.value, tf.tensor(sizes), 1e-5)
    expectClose(quantizer.sums!.value, tf.tensor(sums), 1e-5)
    expectClose(quantizer.codebook.value, tf.tensor(codebook), 1e-5)
  })

  test('finds the centres of clusters', () => {
    const quantizer = new VectorQuantizer(
      { entries: 4, features: 2, decay: 0.8, resetDead: 2 },
      new Rng(4),
    )
    const centres = tf.tensor([5, 5, -5, 5, 5, -5, -5, -5], [4, 1, 2])
    const batch = (seed: number): tf.Tensor =>
      tf.reshape(tf.add(centres, tf.mul(normal([4, 16, 2], seed), 0.1)), [64, 2])
    train(
      quantizer,
      Array.from({ length: 40 }, (_, step) => batch(step)),
    )
    const { perplexity, quantized } = quantizer.forward(batch(99))
    expectClose(perplexity, tf.scalar(4), 1e-6)
    const expected = tf.reshape(tf.add(centres, tf.zeros([4, 16, 2])), [64, 2])
    expect(valuesOf(tf.max(tf.abs(tf.sub(quantized, expected))))[0]).toBeLessThan(0.1)
  })

  test('slots', () => {
    expect([
      ...parameters(new VectorQuantizer({ entries: 4, features: 3 }, new Rng(1))).keys(),
    ]).toEqual(['codebook'])
    expect([...states(new VectorQuantizer(config, new Rng(1))).keys()]).toEqual([
      'codebook',
      'sizes',
      'sums',
    ])
  })

  test.each([
    ['without a context', undefined],
    ['in validation', testContext(false)],
  ])('%s nothing is remembered or drawn', (_, given) => {
    const quantizer = new VectorQuantizer({ ...config, resetDead: 2 }, new Rng(2))
    const before = [...states(quantizer).values()].map(({ value }) => valuesOf(value))
    const drawn = given?.context.rng.state
    quantizer.forward(batches[0]!, given?.context)
    expect([...states(quantizer).values()].map(({ value }) => valuesOf(value))).toEqual(before)
    expect(given?.updates.size ?? 0).toBe(0)
    expect(given?.context.rng.state).toEqual(drawn)
  })

  test('a codebook that is trained remembers nothing in training either', () => {
    const { context, updates } = testContext(true)
    small().forward(input(), context)
    expect(updates.size).toBe(0)
  })
})

describe('dead entries', () => {
  const far = (config: Partial<VectorQuantizerConfig>): VectorQuantizer => {
    const quantizer = small({ decay: 0.5, ...config })
    for (const slot of [quantizer.codebook, quantizer.sums!])
      slot.assign(tf.tensor([0, 0, 100, 100, -100, 100], [3, 2]))
    return quantizer
  }

  test('are put on different vectors of the batch', () => {
    const quantizer = far({ resetDead: 0.7 })
    const x = normal([9, 2])
    train(quantizer, [x])
    const entries = valuesOf(quantizer.codebook.value)
    const vectors = Array.from({ length: 9 }, (_, n) =>
      valuesOf(x)
        .slice(2 * n, 2 * n + 2)
        .join(),
    )
    const places = [1, 2].map((k) => vectors.indexOf(entries.slice(2 * k, 2 * k + 2).join()))
    expect(Math.min(...places)).toBeGreaterThanOrEqual(0)
    expect(places[0]).not.toBe(places[1])
    // The busy one is the average that it would be otherwise.
    const kept = far({})
    train(kept, [x])
    expectClose(
      tf.slice(quantizer.codebook.value, [0, 0], [1, 2]),
      tf.slice(kept.codebook.value, [0, 0], [1, 2]),
      1e-6,
    )
    expect(valuesOf(quantizer.sizes!.value)).toEqual([5, 3, 3])
    expectClose(
      quantizer.sums!.value,
      tf.mul(quantizer.codebook.value, tf.tensor([5, 3, 3], [3, 1])),
      1e-4,
    )
    const { usage } = quantizer.forward(x)
    expect(valuesOf(usage)).toEqual([1])
    expectClose(far({}).forward(x).usage, tf.scalar(1 / 3), 1e-6)
  })

  test('of which there are more than vectors share them', () => {
    const quantizer = far({ resetDead: 100 })
    train(quantizer, [tf.tensor([3, 4, 5, 6], [2, 2])])
    const rows = valuesOf(quantizer.codebook.value)
    expect(rows.slice(0, 2)).toEqual(rows.slice(4, 6))
    expect([...rows.slice(0, 4)].sort()).toEqual([3, 4, 5, 6])
    // Twice the bound, not their even share, with which they would be dead again at once.
    expect(valuesOf(quantizer.sizes!.value)).toEqual([200, 200, 200])
  })

  test('are replaced alike for the same random stream, and differently for another', () => {
    const reset = (seed: number): number[] => {
      const { context, updates } = testContext(true, seed)
      const quantizer = far({ resetDead: 0.7 })
      quantizer.forward(normal([40, 2]), context)
      return valuesOf(updates.get(quantizer.codebook as never) as tf.Tensor)
    }
    expect(reset(1)).toEqual(reset(1))
    expect(reset(1)).not.toEqual(reset(2))
  })
})

test('nothing leaks', () => {
  const quantizer = new VectorQuantizer(
    { entries: 4, features: 3, decay: 0.9, resetDead: 2 },
    new Rng(1),
  )
  const x = normal([6, 3])
  const { context } = testContext(true)
  const before = tf.memory().numTensors
  tf.tidy(() => {
    quantizer.forward(x, context)
  })
  expect(tf.memory().numTensors).toBe(before)
  quantizer.dispose()
  expect(tf.memory().numTensors).toBe(before - 3)
})

test('bad input', () => {
  const make = (config: object) => () =>
    new VectorQuantizer({ entries: 4, features: 3, ...config }, new Rng(1))
  expect(make({ entries: 1 })).toThrow(
    'VectorQuantizer: entries: 1 came, expected a whole number >= 2',
  )
  expect(make({ features: 1.5 })).toThrow('VectorQuantizer: features: 1.5 came')
  expect(make({ commitment: -1 })).toThrow('VectorQuantizer: commitment: -1 came')
  expect(make({ decay: 1 })).toThrow('VectorQuantizer: decay: 1 came, expected a number in [0, 1)')
  expect(make({ decay: 0.9, epsilon: 0 })).toThrow('VectorQuantizer: epsilon: 0 came')
  expect(make({ resetDead: 2 })).toThrow('resetDead: 2 came without decay')
  expect(make({ comitment: 1 })).toThrow("'comitment' is not known. Did you mean 'commitment'?")
  expect(() => small().forward(tf.zeros([4, 3]))).toThrow(
    '[4,3] came, expected float32 [batch, ..., 2]',
  )
  expect(() => small().forward(tf.zeros([2]))).toThrow(
    'VectorQuantizer: a float32 input of shape [2]',
  )
  expect(() => small().forward(tf.zeros([0, 2]))).toThrow('of one vector or more')
  expect(() => small().decode(tf.zeros([2]))).toThrow('indices: a float32 tensor')
})
