import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { Rng, slots } from '@winnow/core'
import { describe, expect, test } from 'vitest'
import { checkLayerGradient } from '../testing/layer-gradient.ts'
import { expectClose, normal, reader, sumOf, tabulate } from '../testing/values.ts'
import { ConvTranspose3d, type ConvTranspose3dConfig } from './conv-transpose3d.ts'
import { Conv3d } from './conv3d.ts'

type Settings = Omit<ConvTranspose3dConfig, 'inputs' | 'outputs'>
type Triple = [number, number, number]

function convTranspose(settings: Settings): ConvTranspose3d {
  const layer = new ConvTranspose3d({ inputs: 2, outputs: 3, ...settings }, new Rng(1))
  layer.bias?.assign(normal([3], 2))
  return layer
}

const all = (size: ConvTranspose3dConfig['kernel'] | undefined): Triple =>
  typeof size === 'object' ? [...size] : [size ?? 1, size ?? 1, size ?? 1]

const settings: [name: string, settings: Settings, size: Triple, out: Triple, pad: Triple][] = [
  ['kernel 3', { kernel: 3 }, [2, 3, 2], [2, 3, 2], [1, 1, 1]],
  ['kernel 4, stride 2', { kernel: 4, stride: 2 }, [2, 1, 3], [4, 2, 6], [1, 1, 1]],
  ['odd sizes', { kernel: 4, stride: 2, size: [3, 4, 5] }, [2, 2, 3], [3, 4, 5], [1, 1, 1]],
  ['stride over the kernel', { kernel: 1, stride: 2 }, [2, 1, 2], [4, 2, 4], [0, 0, 0]],
  [
    'valid, other sizes along each axis',
    { kernel: [1, 2, 3], stride: [2, 1, 2], padding: 'valid' },
    [2, 2, 2],
    [3, 3, 5],
    [0, 0, 0],
  ],
]

describe('agrees with loops', () => {
  test.each(settings)('%s', (_, config, size, out, pad) => {
    const layer = convTranspose(config)
    const x = normal([2, ...size, 2], 3)
    const [kernel, stride] = [config.kernel, config.stride].map(all) as [Triple, Triple]
    const at = reader(x)
    const weight = reader(layer.weight.value)
    const bias = reader(layer.bias?.value as tf.Tensor)
    // Where a tap of the kernel meets an output, the input's index; -1 where none lies there.
    const source = (place: number, tap: number, axis: 0 | 1 | 2): number => {
      const index = (place + pad[axis] - tap) / stride[axis]
      return Number.isInteger(index) ? index : -1
    }
    const expected = tabulate([2, ...out, 3], (...index) => {
      const [n, d, i, j, o] = index as [number, number, number, number, number]
      const products = sumOf(kernel[0], (a) =>
        sumOf(kernel[1], (b) =>
          sumOf(kernel[2], (c) =>
            sumOf(
              2,
              (k) =>
                at(n, source(d, a, 0), source(i, b, 1), source(j, c, 2), k) * weight(a, b, c, o, k),
            ),
          ),
        ),
      )
      return products + bias(o)
    })
    expectClose(layer.forward(x), expected)
    expect(layer.outputSize(size)).toEqual(out)
  })
})

test('is the transpose of the convolution with the same weight', () => {
  for (const [kernel, stride] of [
    [4, 2],
    [1, 2],
    [3, 1],
  ] as const) {
    const conv = new Conv3d({ inputs: 3, outputs: 2, kernel, stride, bias: false }, new Rng(5))
    const x = normal([2, 4, 5, 3, 3], 1)
    const size = [4, 5, 3] as const
    const config = { inputs: 2, outputs: 3, kernel, stride, size, bias: false }
    const transposed = new ConvTranspose3d(config, new Rng(6))
    transposed.weight.assign(tf.clone(conv.weight.value))
    const y = normal([2, ...conv.outputSize(size), 2], 2)
    const dot = (a: tf.Tensor, b: tf.Tensor): number => tf.sum(tf.mul(a, b)).dataSync()[0] as number
    expect(dot(conv.forward(x), y)).toBeCloseTo(dot(x, transposed.forward(y)), 3)
  }
})

test('gradients in the input, the weight and the bias', () => {
  checkLayerGradient(convTranspose({ kernel: 2, stride: 2 }), normal([1, 1, 2, 2, 2]), {
    step: 0.1,
  })
  checkLayerGradient(convTranspose({ kernel: 1, stride: 2 }), normal([1, 1, 2, 1, 2]), {
    step: 0.1,
  })
})

test('slots are called weight and bias', () => {
  const found = [...slots(convTranspose({ kernel: [4, 2, 1] }))]
  expect(found.map(([path, { slot }]) => [path, slot.shape])).toEqual([
    ['weight', [4, 2, 1, 3, 2]],
    ['bias', [3]],
  ])
})

test('bad input', () => {
  const layer = convTranspose({ kernel: 4, stride: 2, size: 8 })
  expect(() => layer.forward(tf.zeros([2, 4, 4, 4, 3]))).toThrow(
    'ConvTranspose3d: an input of shape [2,4,4,4,3] came, expected [batch, depth, height, width, 2]',
  )
  expect(() => layer.forward(tf.zeros([2, 4, 5, 4, 2]))).toThrow(
    "ConvTranspose3d: size 8 from 5 came, expected one that stride 2 and padding 'same' bring back to 5, such as 10",
  )
})
