import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { parameters, states } from '@winnow/core'
import { describe, expect, test } from 'vitest'
import { checkLayerGradient } from '../testing/layer-gradient.ts'
import { testContext } from '../testing/test-context.ts'
import { expectClose, normal, reader, sumOf, tabulate, valuesOf } from '../testing/values.ts'
import { BatchNorm } from './batch-norm.ts'

function batchNorm(): BatchNorm {
  const layer = new BatchNorm({ features: 3, epsilon: 0.01, momentum: 0.25 })
  layer.weight.assign(normal([3], 10))
  layer.bias.assign(normal([3], 11))
  return layer
}

/** Mean and biased variance of each channel, by loops over rows. */
function channelMoments(x: tf.Tensor): { mean: number[]; variance: number[]; count: number } {
  const count = x.size / 3
  const at = reader(tf.reshape(x, [count, 3]))
  const mean = [0, 1, 2].map((i) => sumOf(count, (n) => at(n, i)) / count)
  const variance = mean.map((m, i) => sumOf(count, (n) => (at(n, i) - m) ** 2) / count)
  return { mean, variance, count }
}

function normalised(layer: BatchNorm, x: tf.Tensor, mean: number[], variance: number[]): tf.Tensor {
  const [at, weight, bias] = [x, layer.weight.value, layer.bias.value].map(reader)
  return tabulate(x.shape, (...index) => {
    const i = index.at(-1) as number
    const standard = (at!(...index) - mean[i]!) / Math.sqrt(variance[i]! + 0.01)
    return standard * weight!(i) + bias!(i)
  })
}

describe('while training', () => {
  test.each([[[8, 3]], [[4, 5, 3]], [[2, 3, 2, 3]]])("uses the batch's moments for %j", (shape) => {
    const layer = batchNorm()
    const x = normal(shape)
    const { mean, variance } = channelMoments(x)
    expectClose(layer.forward(x, testContext(true).context), normalised(layer, x, mean, variance))
  })

  test('moves the running averages by the momentum, with the unbiased variance', () => {
    const layer = batchNorm()
    const x = normal([4, 5, 3])
    const { context, updates } = testContext(true)
    layer.forward(x, context)
    const { mean, variance, count } = channelMoments(x)
    expect([...updates.keys()]).toEqual([layer.runningMean, layer.runningVariance])
    expectClose(
      updates.get(layer.runningMean) as tf.Tensor,
      tf.tensor(mean.map((m) => 0.25 * m)),
      1e-6,
    )
    expectClose(
      updates.get(layer.runningVariance) as tf.Tensor,
      tf.tensor(variance.map((v) => 0.75 + (0.25 * v * count) / (count - 1))),
      1e-6,
    )
    // Nothing has happened to the States themselves: the step commits.
    expect(valuesOf(layer.runningMean.value)).toEqual([0, 0, 0])
  })

  test('the running averages converge to the moments of the data', () => {
    const layer = batchNorm()
    const data = tf.add(tf.mul(normal([64, 3], 5), tf.tensor([1, 2, 3])), tf.tensor([-1, 0, 4]))
    for (let step = 0; step < 60; step++) {
      const { context, updates } = testContext(true)
      layer.forward(data, context)
      for (const [state, value] of updates) state.assign(value)
    }
    const { mean, variance, count } = channelMoments(data)
    expectClose(layer.runningMean.value, tf.tensor(mean), 1e-5)
    const unbiased = variance.map((v) => (v * count) / (count - 1))
    expectClose(layer.runningVariance.value, tf.tensor(unbiased), 1e-5)
  })
})

describe('otherwise', () => {
  test.each([
    ['without a context', undefined],
    ['in validation', testContext(false)],
  ])('%s it uses the running averages and updates nothing', (_, given) => {
    const layer = batchNorm()
    layer.runningMean.assign(tf.tensor([1, -2, 3]))
    layer.runningVariance.assign(tf.tensor([0.5, 1, 4]))
    const x = normal([4, 2, 3])
    const expected = normalised(layer, x, [1, -2, 3], [0.5, 1, 4])
    expectClose(layer.forward(x, given?.context), expected)
    expect(given?.updates.size ?? 0).toBe(0)
    expect(valuesOf(layer.runningMean.value)).toEqual([1, -2, 3])
  })

  test('one row is enough', () => {
    expect(batchNorm().forward(normal([1, 3])).shape).toEqual([1, 3])
  })
})

test('gradients pass through the moments of the batch', () => {
  const options = { context: testContext(true).context, tolerance: 1e-3 }
  checkLayerGradient(batchNorm(), normal([5, 3]), { ...options, step: 0.01 })
  checkLayerGradient(batchNorm(), normal([2, 2, 3]), { ...options, step: 0.01 })
  checkLayerGradient(batchNorm(), normal([2, 3]))
})

test('weight and bias are trained, the running averages remembered', () => {
  expect([...parameters(batchNorm()).keys()]).toEqual(['weight', 'bias'])
  expect([...states(batchNorm()).keys()]).toEqual(['runningMean', 'runningVariance'])
})

test('bad input', () => {
  const { context } = testContext(true)
  expect(() => batchNorm().forward(tf.zeros([1, 3]), context)).toThrow(
    'BatchNorm: a training batch of shape [1,3] came, expected more than one value a channel',
  )
  expect(() => batchNorm().forward(tf.zeros([4, 2]))).toThrow('expected [batch, ..., 3]')
  expect(() => new BatchNorm({ features: 3, momentum: 0 })).toThrow('BatchNorm: momentum 0 came')
})
