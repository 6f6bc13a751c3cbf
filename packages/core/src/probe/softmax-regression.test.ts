import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { expectNoLeak } from '../testing/no-leak.ts'
import { softmaxRegression } from './softmax-regression.ts'
import { blobs } from './testing/blobs.ts'

beforeAll(async () => {
  await tf.setBackend('cpu')
})

describe('softmaxRegression', () => {
  it.each([3, 4, 10, 64])('computes value and gradient in blocks of at most %i', async (block) => {
    const [items, width, classes, l2] = [10, 3, 4, 0.3]
    const { features, labels } = blobs({ items, width, classes, distance: 1, seed: 1 })
    const weights = width * classes
    const point = Float64Array.from({ length: weights + classes }, (_, i) => Math.sin(3 * i))
    // Item by item, in float64.
    let value = 0
    const gradient = new Float64Array(point.length)
    const add = (at: number, amount: number) => {
      gradient[at] = (gradient[at] as number) + amount
    }
    for (let item = 0; item < items; item++) {
      const x = [...features.subarray(item * width, (item + 1) * width)]
      const logits = Array.from({ length: classes }, (_, c) =>
        x.reduce(
          (sum, feature, f) => sum + feature * (point[f * classes + c] as number),
          point[weights + c] as number,
        ),
      )
      const total = logits.reduce((sum, logit) => sum + Math.exp(logit), 0)
      for (const [c, logit] of logits.entries()) {
        const own = c === labels[item] ? 1 : 0
        value -= (own * (logit - Math.log(total))) / items
        const error = (Math.exp(logit) / total - own) / items
        add(weights + c, error)
        for (const [f, feature] of x.entries()) add(f * classes + c, error * feature)
      }
    }
    for (let i = 0; i < weights; i++) {
      value += (l2 / 2) * (point[i] as number) ** 2
      add(i, l2 * (point[i] as number))
    }
    const options = { shape: [items, width], classes, l2, block } as const
    const found = await expectNoLeak(async () => {
      using objective = softmaxRegression(features, labels, options)
      expect(objective.size).toBe(point.length)
      return await objective.evaluate(point)
    })
    expect(found.value).toBeCloseTo(value, 6)
    for (const [i, slope] of found.gradient.entries())
      expect(slope).toBeCloseTo(gradient[i] as number, 6)
  })
})
