import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { Rng, slots } from '@winnow/core'
import { describe, expect, test } from 'vitest'
import { checkLayerGradient } from '../testing/layer-gradient.ts'
import { expectClose, normal, reader, sumOf, tabulate } from '../testing/values.ts'
import { DepthwiseConv1d, type DepthwiseConv1dConfig } from './depthwise-conv1d.ts'
import { DepthwiseConv2d, type DepthwiseConv2dConfig } from './depthwise-conv2d.ts'

function conv2d(settings: Omit<DepthwiseConv2dConfig, 'inputs'>): DepthwiseConv2d {
  const layer = new DepthwiseConv2d({ inputs: 3, ...settings }, new Rng(1))
  layer.bias?.assign(normal([3 * (settings.multiplier ?? 1)], 2))
  return layer
}

function conv1d(settings: Omit<DepthwiseConv1dConfig, 'inputs'>): DepthwiseConv1d {
  const layer = new DepthwiseConv1d({ inputs: 3, ...settings }, new Rng(1))
  layer.bias?.assign(normal([3 * (settings.multiplier ?? 1)], 2))
  return layer
}

describe('2-D agrees with loops', () => {
  test.each([
    ['kernel 3', { kernel: 3 }, [4, 5], [4, 5], [1, 1]],
    ['multiplier 2', { kernel: [2, 3], multiplier: 2 }, [3, 4], [3, 4], [0, 1]],
    ['stride 2', { kernel: 3, stride: 2, multiplier: 2 }, [5, 4], [3, 2], [1, 0]],
    ['stride over the end', { kernel: 1, stride: 2 }, [4, 4], [2, 2], [0, 0]],
    ['dilation, valid', { kernel: 2, dilation: [3, 2], padding: 'valid' }, [5, 4], [2, 2], [0, 0]],
  ] as [
    string,
    Omit<DepthwiseConv2dConfig, 'inputs'>,
    [number, number],
    [number, number],
    [number, number],
  ][])('%s', (_, config, size, out, pad) => {
    const { kernel, stride = 1, dilation = 1, multiplier = 1 } = config
    const [height, width] = typeof kernel === 'number' ? [kernel, kernel] : kernel
    const rates = typeof dilation === 'number' ? [dilation, dilation] : dilation
    const layer = conv2d(config)
    const x = normal([2, ...size, 3], 3)
    const at = reader(x)
    const weight = reader(layer.weight.value)
    const bias = reader(layer.bias?.value as tf.Tensor)
    const expected = tabulate([2, ...out, 3 * multiplier], (...index) => {
      const [n, i, j, o] = index as [number, number, number, number]
      const [k, m] = [Math.floor(o / multiplier), o % multiplier]
      const row = (a: number): number => i * stride + a * (rates[0] as number) - pad[0]
      const column = (c: number): number => j * stride + c * (rates[1] as number) - pad[1]
      const products = sumOf(height, (a) =>
        sumOf(width, (c) => at(n, row(a), column(c), k) * weight(a, c, k, m)),
      )
      return products + bias(o)
    })
    expectClose(layer.forward(x), expected)
    expect(layer.outputSize(size)).toEqual(out)
  })
})

describe('1-D agrees with loops', () => {
  test.each([
    ['kernel 4', { kernel: 4 }, 5, 5, 1],
    ['multiplier 2, stride 2', { kernel: 3, stride: 2, multiplier: 2 }, 5, 3, 1],
    ['dilation 2, valid', { kernel: 2, dilation: 2, padding: 'valid' }, 5, 3, 0],
  ] as [string, Omit<DepthwiseConv1dConfig, 'inputs'>, number, number, number][])(
    '%s',
    (_, config, length, out, pad) => {
      const { kernel, stride = 1, dilation = 1, multiplier = 1 } = config
      const layer = conv1d(config)
      const x = normal([2, length, 3], 3)
      const at = reader(x)
      const weight = reader(layer.weight.value)
      const bias = reader(layer.bias?.value as tf.Tensor)
      const expected = tabulate([2, out, 3 * multiplier], (...index) => {
        const [n, i, o] = index as [number, number, number]
        const [k, m] = [Math.floor(o / multiplier), o % multiplier]
        const place = (a: number): number => i * stride + a * dilation - pad
        return sumOf(kernel, (a) => at(n, place(a), k) * weight(a, k, m)) + bias(o)
      })
      expectClose(layer.forward(x), expected)
    },
  )
})

test('gradients in the input, the weight and the bias', () => {
  checkLayerGradient(conv2d({ kernel: 2, stride: 2, multiplier: 2 }), normal([1, 3, 2, 3]), {
    step: 0.1,
  })
  checkLayerGradient(conv1d({ kernel: 3, stride: 2 }), normal([1, 4, 3]), { step: 0.1 })
})

test('slots are called weight and bias', () => {
  const shapesOf = (layer: DepthwiseConv1d | DepthwiseConv2d): unknown =>
    [...slots(layer)].map(([path, { slot }]) => [path, slot.shape])
  expect(shapesOf(conv2d({ kernel: [4, 2], multiplier: 2 }))).toEqual([
    ['weight', [4, 2, 3, 2]],
    ['bias', [6]],
  ])
  expect(shapesOf(conv1d({ kernel: 4, bias: false }))).toEqual([['weight', [4, 3, 1]]])
})

test('bad input', () => {
  expect(() => conv2d({ kernel: 3 }).forward(tf.zeros([2, 5, 5, 2]))).toThrow(
    'DepthwiseConv2d: an input of shape [2,5,5,2] came, expected [batch, height, width, 3]',
  )
  expect(() => conv2d({ kernel: 3, stride: 2, dilation: 2 })).toThrow(
    'DepthwiseConv2d: stride [2] and dilation [2,2] came',
  )
  expect(() => conv1d({ kernel: 3, multiplier: 0 })).toThrow('DepthwiseConv1d: multiplier: 0 came')
  expect(() => conv1d({ kernel: 3, padding: 'valid' }).forward(tf.zeros([2, 2, 3]))).toThrow(
    'DepthwiseConv1d: an axis of 2 came, expected at least 3',
  )
})
