import '@tensorflow/tfjs-backend-cpu'
import type { Tensor } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { checkGradient } from '../testing/check-gradient.ts'
import { expectNoLeak } from '../testing/no-leak.ts'
import { seededTensor } from '../testing/seeded-tensor.ts'
import { gelu } from './gelu.ts'
import { gradient } from './gradient.ts'
import { higherOrder } from './higher-order.ts'
import { layerNorm } from './layer-norm.ts'

const epsilon = 0.01
const weight = seededTensor([4], { seed: 2 })
const bias = seededTensor([4], { seed: 3 })

const cases: Record<string, [(...inputs: Tensor[]) => Tensor, Tensor[]]> = {
  gelu: [gelu, []],
  'layer norm': [(x, weight, bias) => layerNorm(x, { weight, bias, epsilon }), [weight, bias]],
  'layer norm with weight alone': [(x, weight) => layerNorm(x, { weight, epsilon }), [weight]],
  'layer norm with bias alone': [(x, bias) => layerNorm(x, { bias, epsilon }), [bias]],
  'layer norm with neither': [(x) => layerNorm(x, { epsilon }), []],
  'root mean square norm': [
    (x, weight) => layerNorm(x, { weight, epsilon, centre: false }),
    [weight],
  ],
}

describe.each(Object.entries(cases))('%s', (_, [fn, others]) => {
  const x = seededTensor([2, 3, 4])
  const loss = (): Tensor => tf.sum(tf.square(fn(x, ...others)))

  test('its gradient, to second order', () => {
    checkGradient(fn, [x, ...others], { order: 2, step: 0.01, tolerance: 1e-3 })
  })

  test('in few passes as by the tape', () => {
    const own = gradient(loss, [x, ...others])
    const taped = gradient(() => higherOrder(loss), [x, ...others])
    own.forEach((slope, i) => {
      expect(tf.max(tf.abs(tf.sub(slope, taped[i] as Tensor))).dataSync()[0]).toBeLessThan(1e-5)
    })
  })

  test('refuses to be wrong where a second derivative reaches back', () => {
    const attempt = (inside: (make: () => Tensor) => Tensor): Tensor[] =>
      gradient(() => {
        const y = inside(() => tf.sum(tf.square(fn(x, ...others))))
        const [slope] = gradient(() => tf.mul(y, y), [x]) as [Tensor]
        return tf.sum(tf.square(slope))
      }, [x])
    expect(() => attempt((make) => make())).toThrow(/second derivative.*higherOrder/s)
    expect(attempt((make) => higherOrder(make))).toHaveLength(1)
  })

  test('leaves no tensor behind', async () => {
    await expectNoLeak(() => {
      for (const slope of gradient(loss, [x, ...others])) slope.dispose()
      fn(x, ...others).dispose()
    })
  })
})
