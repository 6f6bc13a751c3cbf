import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { gradient, parameters, Rng, registerGradients, states } from '@winnow/core'
import { beforeAll, describe, expect, test } from 'vitest'
import { testContext } from '../testing/test-context.ts'
import { expectClose, normal, valuesOf } from '../testing/values.ts'
import { ResidualQuantizer } from './residual-quantizer.ts'

beforeAll(() => registerGradients())

const config = { quantizers: 3, entries: 6, features: 4 }

/** Two quantisers of one number: steps of 4, then of 1. */
function steps(): ResidualQuantizer {
  const quantizer = new ResidualQuantizer({ quantizers: 2, entries: 3, features: 1 }, new Rng(1))
  const books = [
    [-4, 0, 4],
    [-1, 0, 1],
  ]
  books.forEach((book, i) => {
    quantizer.quantizers[i]?.codebook.assign(tf.tensor(book, [3, 1]))
  })
  return quantizer
}

describe('each quantiser encodes what is left', () => {
  test('worked by hand', () => {
    const x = tf.tensor([3.25, -0.75, 4.125], [3, 1])
    const { quantized, indices, loss, perplexity, usage, stages } = steps().forward(x)
    expect(valuesOf(quantized)).toEqual([3, -1, 4])
    expect(indices.shape).toEqual([3, 2])
    expect(indices.dtype).toBe('int32')
    expect(valuesOf(indices)).toEqual([2, 0, 1, 0, 2, 1])
    const first = 0.75 ** 2 + 0.75 ** 2 + 0.125 ** 2
    const second = 0.25 ** 2 + 0.25 ** 2 + 0.125 ** 2
    expectClose(loss, tf.scalar((1.25 * (first + second)) / 3), 1e-6)
    // In both, two of three entries are used, twice and once.
    const expected = Math.exp(-(2 / 3) * Math.log(2 / 3) - (1 / 3) * Math.log(1 / 3))
    expectClose(perplexity, tf.scalar(expected), 1e-6)
    expectClose(usage, tf.scalar(2 / 3), 1e-6)
    expect(stages).toHaveLength(2)
  })

  test('decoding gives the same numbers; fewer indices a coarser vector', () => {
    const quantizer = new ResidualQuantizer(config, new Rng(2))
    const x = normal([2, 5, 4])
    const { quantized, indices, stages } = quantizer.forward(x)
    expect(indices.shape).toEqual([2, 5, 3])
    expect(valuesOf(quantizer.decode(indices))).toEqual(valuesOf(quantized))
    const coarse = quantizer.decode(tf.slice(indices, [0, 0, 0], [2, 5, 1]))
    expect(valuesOf(coarse)).toEqual(valuesOf(stages[0]!.quantized))
  })

  test('more quantisers come closer, once trained', () => {
    const quantizer = new ResidualQuantizer({ ...config, decay: 0.7, resetDead: 1 }, new Rng(2))
    for (let step = 0; step < 30; step++) {
      const { context, updates } = testContext(true, step)
      quantizer.forward(normal([64, 4], step), context)
      expect(updates.size).toBe(9)
      for (const [state, value] of updates) state.assign(value)
    }
    const x = normal([64, 4], 77)
    const { indices } = quantizer.forward(x)
    const error = (count: number): number => {
      const decoded = quantizer.decode(tf.slice(indices, [0, 0], [64, count]))
      return valuesOf(tf.mean(tf.square(tf.sub(decoded, x))))[0] as number
    }
    const [one, two, three] = [1, 2, 3].map(error) as [number, number, number]
    expect(one).toBeLessThan(0.7)
    expect(two).toBeLessThan(0.8 * one)
    expect(three).toBeLessThan(0.85 * two)
  })
})

describe('gradients', () => {
  test('of the quantised values go to the input as they are', () => {
    const quantizer = new ResidualQuantizer(config, new Rng(2))
    const [x, weights] = [normal([5, 4]), normal([5, 4], 2)]
    const slots = [...parameters(quantizer).values()].map(({ value }) => value)
    const [toInput, ...rest] = gradient(
      () => tf.sum(tf.mul(quantizer.forward(x).quantized, weights)),
      [x, ...slots],
    )
    expectClose(toInput as tf.Tensor, weights, 1e-6)
    for (const other of rest) expect(valuesOf(tf.max(tf.abs(other)))).toEqual([0])
  })

  test('of the loss: every stage draws the input, each codebook its residual alone', () => {
    const quantizer = steps()
    const x = tf.tensor([3.25, -0.75, 4.125], [3, 1])
    const books = quantizer.quantizers.map(({ codebook }) => codebook.value)
    const [toInput, toFirst, toSecond] = gradient(() => quantizer.forward(x).loss, [x, ...books])
    const residuals = [-0.75 + 0.25, -0.75 + 0.25, 0.125 + 0.125]
    const expected = residuals.map((gap) => (0.5 * gap) / 3)
    expectClose(toInput as tf.Tensor, tf.tensor(expected, [3, 1]), 1e-6)
    const first = [0, 0.75, 0.75 - 0.125].map((gap) => (2 * gap) / 3)
    expectClose(toFirst as tf.Tensor, tf.tensor(first, [3, 1]), 1e-6)
    const second = [-0.25 - 0.25, -0.125, 0].map((gap) => (2 * gap) / 3)
    expectClose(toSecond as tf.Tensor, tf.tensor(second, [3, 1]), 1e-6)
  })
})

describe('quantiser dropout', () => {
  const quantizer = new ResidualQuantizer({ ...config, dropout: true }, new Rng(2))
  const x = normal([60, 2, 4])

  test('gives each example the sum of the first few, in even shares', () => {
    const { quantized, indices } = quantizer.forward(x, testContext(true).context)
    const sums = [1, 2, 3].map((count) =>
      tf.unstack(quantizer.decode(tf.slice(indices, [0, 0, 0], [60, 2, count]))),
    )
    const counts = tf.unstack(quantized).map((example, n) => {
      const values = valuesOf(example).join()
      return sums.findIndex((sum) => valuesOf(sum[n] as tf.Tensor).join() === values)
    })
    expect(Math.min(...counts)).toBe(0)
    for (const count of [0, 1, 2]) {
      const share = counts.filter((found) => found === count).length / 60
      expect(Math.abs(share - 1 / 3)).toBeLessThan(0.15)
    }
  })

  test('never outside training', () => {
    const { quantized, indices } = quantizer.forward(x, testContext(false).context)
    expect(valuesOf(quantized)).toEqual(valuesOf(quantizer.decode(indices)))
  })
})

test('slots and what is remembered', () => {
  const trained = new ResidualQuantizer(config, new Rng(1))
  expect([...parameters(trained).keys()]).toEqual([
    'quantizers.0.codebook',
    'quantizers.1.codebook',
    'quantizers.2.codebook',
  ])
  const averaged = new ResidualQuantizer({ ...config, decay: 0.9, resetDead: 2 }, new Rng(1))
  expect(states(averaged).size).toBe(9)
  const { context, updates } = testContext(false)
  averaged.forward(normal([5, 4]), context)
  expect(updates.size).toBe(0)
  expect(context.rng.state).toEqual(new Rng(1).state)
})

test('bad input', () => {
  const make = (options: object) => () =>
    new ResidualQuantizer({ ...config, ...options }, new Rng(1))
  expect(make({ quantizers: 0 })).toThrow('ResidualQuantizer: quantizers: 0 came')
  expect(make({ entries: 1 })).toThrow('VectorQuantizer: entries: 1 came')
  expect(make({ dropout: 0.5 })).toThrow('dropout: 0.5 came, expected true or false')
  expect(make({ stages: 2 })).toThrow("ResidualQuantizer: option: 'stages' is not known")
  const quantizer = make({})()
  expect(() => quantizer.forward(tf.zeros([3, 5]))).toThrow(
    '[3,5] came, expected float32 [batch, ..., 4]',
  )
  expect(() => quantizer.decode(tf.zeros([3, 4], 'int32'))).toThrow(
    '[3,4] came, expected [..., 1 to 3]',
  )
  expect(() => quantizer.decode(tf.zeros([3, 2]))).toThrow('indices: a float32 tensor')
})
