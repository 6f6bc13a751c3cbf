import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { Rng, slots } from '@winnow/core'
import { describe, expect, test } from 'vitest'
import { checkLayerGradient } from '../testing/layer-gradient.ts'
import { expectClose, normal, reader, sumOf, tabulate } from '../testing/values.ts'
import { Conv2d, type Conv2dConfig } from './conv2d.ts'

type Settings = Omit<Conv2dConfig, 'inputs' | 'outputs'>

function conv(settings: Settings): Conv2d {
  const layer = new Conv2d({ inputs: 2, outputs: 3, ...settings }, new Rng(1))
  layer.bias?.assign(normal([3], 2))
  return layer
}

/** The padding before an axis, when `same` shares out what is missing, the odd one at the end. */
function before(size: number, kernel: number, stride: number, dilation: number): number {
  const missing = (Math.ceil(size / stride) - 1) * stride + (kernel - 1) * dilation + 1 - size
  return Math.floor(Math.max(missing, 0) / 2)
}

const settings: [
  name: string,
  settings: Settings,
  size: [number, number],
  out: [number, number],
][] = [
  ['kernel 3', { kernel: 3 }, [5, 4], [5, 4]],
  ['kernel 3, valid', { kernel: 3, padding: 'valid' }, [5, 4], [3, 2]],
  ['kernel 4, stride 2', { kernel: 4, stride: 2 }, [8, 6], [4, 3]],
  ['kernel 4, stride 2, odd sizes', { kernel: 4, stride: 2 }, [7, 5], [4, 3]],
  ['kernel 4, stride 2, valid', { kernel: 4, stride: 2, padding: 'valid' }, [9, 6], [3, 2]],
  ['unequal kernel and stride', { kernel: [1, 3], stride: [2, 1] }, [5, 4], [3, 4]],
  ['kernel larger than the map', { kernel: 5 }, [2, 1], [2, 1]],
  ['dilation 2', { kernel: 3, dilation: 2 }, [6, 5], [6, 5]],
  ['dilation 2, valid', { kernel: 3, dilation: 2, padding: 'valid' }, [6, 5], [2, 1]],
]

describe('agrees with loops', () => {
  test.each(settings)('%s', (_, config, size, out) => {
    const layer = conv(config)
    const x = normal([2, ...size, 2], 3)
    const pair = (value: Settings['kernel']): readonly [number, number] =>
      typeof value === 'number' ? [value, value] : value
    const [kernel, stride] = [pair(config.kernel), pair(config.stride ?? 1)]
    const dilation = pair(config.dilation ?? 1)
    const pad = ([0, 1] as const).map((axis) =>
      config.padding === 'valid'
        ? 0
        : before(size[axis], kernel[axis], stride[axis], dilation[axis]),
    )
    const at = reader(x)
    const weight = reader(layer.weight.value)
    const bias = reader(layer.bias?.value as tf.Tensor)
    const expected = tabulate([2, ...out, 3], (...index) => {
      const [n, i, j, o] = index as [number, number, number, number]
      const row = (a: number): number => i * stride[0] + a * dilation[0] - (pad[0] as number)
      const column = (c: number): number => j * stride[1] + c * dilation[1] - (pad[1] as number)
      const products = sumOf(kernel[0], (a) =>
        sumOf(kernel[1], (c) => sumOf(2, (k) => at(n, row(a), column(c), k) * weight(a, c, k, o))),
      )
      return products + bias(o)
    })
    expectClose(layer.forward(x), expected)
    expect(layer.outputSize(size)).toEqual(out)
  })
})

test('gradients in the input, the weight and the bias', () => {
  // Linear in each: a wide step costs no accuracy.
  const options = { step: 0.1 }
  checkLayerGradient(conv({ kernel: 3 }), normal([1, 3, 2, 2]), options)
  checkLayerGradient(conv({ kernel: 2, stride: 2 }), normal([1, 3, 3, 2]), options)
  checkLayerGradient(conv({ kernel: 2, dilation: 2 }), normal([1, 3, 2, 2]), options)
})

test('slots are called weight and bias', () => {
  expect(
    [...slots(conv({ kernel: [2, 3] }))].map(([path, { slot }]) => [path, slot.shape]),
  ).toEqual([
    ['weight', [2, 3, 2, 3]],
    ['bias', [3]],
  ])
  expect([...slots(conv({ kernel: 1, bias: false })).keys()]).toEqual(['weight'])
})

test('lecunNormal keeps the variance of the input', () => {
  const layer = new Conv2d({ inputs: 16, outputs: 16, kernel: 3, init: 'lecunNormal' }, new Rng(4))
  const y = layer.forward(normal([4, 16, 16, 16]))
  const inside = tf.slice(y, [0, 1, 1, 0], [4, 14, 14, 16])
  const variance = tf.mean(tf.square(inside)).dataSync()[0] as number
  expect(variance).toBeGreaterThan(0.85)
  expect(variance).toBeLessThan(1.15)
})

test('bad input', () => {
  const layer = conv({ kernel: 3, padding: 'valid' })
  const inputs = { inputs: 2, outputs: 3 }
  expect(() => layer.forward(tf.zeros([2, 5, 5, 1]))).toThrow(
    'Conv2d: an input of shape [2,5,5,1] came, expected [batch, height, width, 2]',
  )
  expect(() => layer.forward(tf.zeros([5, 5, 2]))).toThrow('expected [batch, height, width, 2]')
  expect(() => layer.forward(tf.zeros([1, 2, 5, 2]))).toThrow(
    'Conv2d: an axis of 2 came, expected at least 3',
  )
  expect(() => new Conv2d({ ...inputs, kernel: 0 }, new Rng(1))).toThrow('Conv2d: kernel: 0 came')
  expect(() => new Conv2d({ ...inputs, kernel: 3, padding: 'full' as 'same' }, new Rng(1))).toThrow(
    "Conv2d: padding: 'full' is not known",
  )
  expect(() => new Conv2d({ ...inputs, kernel: 3, stride: 2, dilation: 2 }, new Rng(1))).toThrow(
    'expected one of them to be 1',
  )
})
