import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { Rng, slots } from '@winnow/core'
import { describe, expect, test } from 'vitest'
import { checkLayerGradient } from '../testing/layer-gradient.ts'
import { expectClose, normal, reader, sumOf, tabulate } from '../testing/values.ts'
import { ConvTranspose2d, type ConvTranspose2dConfig } from './conv-transpose2d.ts'
import { Conv2d } from './conv2d.ts'

type Settings = Omit<ConvTranspose2dConfig, 'inputs' | 'outputs'>
type Pair = [number, number]

function convTranspose(settings: Settings): ConvTranspose2d {
  const layer = new ConvTranspose2d({ inputs: 2, outputs: 3, ...settings }, new Rng(1))
  layer.bias?.assign(normal([3], 2))
  return layer
}

// The padding that is cut off before each axis: what the convolution from `out` to `size` pads there.
const settings: [name: string, settings: Settings, size: Pair, out: Pair, pad: Pair][] = [
  ['kernel 3', { kernel: 3 }, [3, 2], [3, 2], [1, 1]],
  ['kernel 4, stride 2', { kernel: 4, stride: 2 }, [3, 2], [6, 4], [1, 1]],
  ['kernel 4, stride 2, odd size', { kernel: 4, stride: 2, size: [5, 4] }, [3, 2], [5, 4], [1, 1]],
  ['kernel 3, stride 2', { kernel: 3, stride: 2 }, [3, 2], [6, 4], [0, 0]],
  ['kernel 3, stride 2, odd size', { kernel: 3, stride: 2, size: [5, 3] }, [3, 2], [5, 3], [1, 1]],
  ['kernel 4, stride 2, valid', { kernel: 4, stride: 2, padding: 'valid' }, [3, 2], [8, 6], [0, 0]],
  [
    'valid, a larger size',
    { kernel: 4, stride: 2, padding: 'valid', size: [9, 7] },
    [3, 2],
    [9, 7],
    [0, 0],
  ],
]

describe('agrees with loops', () => {
  test.each(settings)('%s', (_, config, size, out, pad) => {
    const stride = config.stride as number | undefined
    const kernel = config.kernel as number
    const layer = convTranspose(config)
    const x = normal([2, ...size, 2], 3)
    const at = reader(x)
    const weight = reader(layer.weight.value)
    const bias = reader(layer.bias?.value as tf.Tensor)
    // Where tap `tap` of the kernel meets output `place`, the input's index; -1 where none lies there.
    const source = (place: number, tap: number, axis: 0 | 1): number => {
      const index = (place + pad[axis] - tap) / (stride ?? 1)
      return Number.isInteger(index) ? index : -1
    }
    const expected = tabulate([2, ...out, 3], (...index) => {
      const [n, i, j, o] = index as [number, number, number, number]
      const products = sumOf(kernel, (a) =>
        sumOf(kernel, (c) =>
          sumOf(2, (k) => at(n, source(i, a, 0), source(j, c, 1), k) * weight(a, c, o, k)),
        ),
      )
      return products + bias(o)
    })
    expectClose(layer.forward(x), expected)
    expect(layer.outputSize(size)).toEqual(out)
  })
})

test('is the transpose of the convolution with the same weight', () => {
  const conv = new Conv2d({ inputs: 3, outputs: 2, kernel: 4, stride: 2, bias: false }, new Rng(5))
  const transposed = new ConvTranspose2d(
    { inputs: 2, outputs: 3, kernel: 4, stride: 2, size: [7, 5], bias: false },
    new Rng(6),
  )
  transposed.weight.assign(tf.clone(conv.weight.value))
  const x = normal([2, 7, 5, 3], 1)
  const y = normal([2, 4, 3, 2], 2)
  const dot = (a: tf.Tensor, b: tf.Tensor): number => tf.sum(tf.mul(a, b)).dataSync()[0] as number
  expect(dot(conv.forward(x), y)).toBeCloseTo(dot(x, transposed.forward(y)), 3)
})

test('gradients in the input, the weight and the bias', () => {
  const layer = convTranspose({ kernel: 3, stride: 2, size: [3, 3] })
  checkLayerGradient(layer, normal([1, 2, 2, 2]), { step: 0.1 })
})

test('lecunNormal keeps the variance of the input, whatever the stride', () => {
  for (const [kernel, stride] of [
    [3, 1],
    [4, 2],
  ] as const) {
    const layer = new ConvTranspose2d(
      { inputs: 16, outputs: 16, kernel, stride, init: 'lecunNormal' },
      new Rng(4),
    )
    const y = layer.forward(normal([4, 12, 12, 16]))
    const size = 12 * stride - 4
    const inside = tf.slice(y, [0, 2, 2, 0], [4, size, size, 16])
    const variance = tf.mean(tf.square(inside)).dataSync()[0] as number
    expect(variance).toBeGreaterThan(0.85)
    expect(variance).toBeLessThan(1.15)
  }
})

test('slots are called weight and bias', () => {
  const found = [...slots(convTranspose({ kernel: [4, 2] }))]
  expect(found.map(([path, { slot }]) => [path, slot.shape])).toEqual([
    ['weight', [4, 2, 3, 2]],
    ['bias', [3]],
  ])
})

test('bad input', () => {
  const layer = convTranspose({ kernel: 4, stride: 2, size: 8 })
  expect(() => layer.forward(tf.zeros([2, 4, 4, 3]))).toThrow(
    'ConvTranspose2d: an input of shape [2,4,4,3] came, expected [batch, height, width, 2]',
  )
  expect(() => layer.forward(tf.zeros([2, 5, 5, 2]))).toThrow(
    "ConvTranspose2d: size 8 from 5 came, expected one that stride 2 and padding 'same' bring back to 5, such as 10",
  )
})
