import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { Rng, slots } from '@winnow/core'
import { describe, expect, test } from 'vitest'
import { checkLayerGradient } from '../testing/layer-gradient.ts'
import { expectClose, normal, reader, sumOf, tabulate } from '../testing/values.ts'
import { Conv3d, type Conv3dConfig } from './conv3d.ts'

type Settings = Omit<Conv3dConfig, 'inputs' | 'outputs'>
type Triple = [number, number, number]

function conv(settings: Settings): Conv3d {
  const layer = new Conv3d({ inputs: 2, outputs: 3, ...settings }, new Rng(1))
  layer.bias?.assign(normal([3], 2))
  return layer
}

const all = (size: Conv3dConfig['kernel'] | undefined): Triple =>
  typeof size === 'object' ? [...size] : [size ?? 1, size ?? 1, size ?? 1]

// The padding before each axis is written by hand.
const settings: [name: string, settings: Settings, size: Triple, out: Triple, pad: Triple][] = [
  ['kernel 3', { kernel: 3 }, [3, 4, 2], [3, 4, 2], [1, 1, 1]],
  ['kernel 4, stride 2', { kernel: 4, stride: 2 }, [5, 4, 6], [3, 2, 3], [1, 1, 1]],
  ['kernel 2, stride 2', { kernel: 2, stride: 2 }, [5, 4, 3], [3, 2, 2], [0, 0, 0]],
  [
    'kernel 1, stride 2: no negative padding',
    { kernel: 1, stride: 2 },
    [4, 5, 6],
    [2, 3, 3],
    [0, 0, 0],
  ],
  ['kernel 2, stride 5', { kernel: 2, stride: 5 }, [5, 6, 9], [1, 2, 2], [0, 0, 0]],
  [
    'other sizes along each axis, valid',
    { kernel: [2, 3, 1], stride: [1, 2, 3], padding: 'valid' },
    [3, 6, 5],
    [2, 2, 2],
    [0, 0, 0],
  ],
  ['dilation', { kernel: [1, 3, 2], dilation: [1, 2, 3] }, [2, 5, 4], [2, 5, 4], [0, 2, 1]],
  [
    'dilation, valid',
    { kernel: 2, dilation: [2, 1, 3], padding: 'valid' },
    [4, 3, 5],
    [2, 2, 2],
    [0, 0, 0],
  ],
]

describe('agrees with loops', () => {
  test.each(settings)('%s', (_, config, size, out, pad) => {
    const layer = conv(config)
    const x = normal([2, ...size, 2], 3)
    const [kernel, stride, dilation] = [config.kernel, config.stride, config.dilation].map(all) as [
      Triple,
      Triple,
      Triple,
    ]
    const at = reader(x)
    const weight = reader(layer.weight.value)
    const bias = reader(layer.bias?.value as tf.Tensor)
    const expected = tabulate([2, ...out, 3], (...index) => {
      const [n, d, i, j, o] = index as [number, number, number, number, number]
      const place = (to: number, tap: number, axis: 0 | 1 | 2): number =>
        to * stride[axis] + tap * dilation[axis] - pad[axis]
      const products = sumOf(kernel[0], (a) =>
        sumOf(kernel[1], (b) =>
          sumOf(kernel[2], (c) =>
            sumOf(
              2,
              (k) =>
                at(n, place(d, a, 0), place(i, b, 1), place(j, c, 2), k) * weight(a, b, c, k, o),
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

describe('gradients in the input, the weight and the bias', () => {
  test.each([
    ['stride 2', { kernel: 2, stride: 2 }, [3, 2, 3]],
    ['stride over the end', { kernel: 1, stride: 2 }, [2, 3, 2]],
    ['dilation', { kernel: [1, 2, 2], dilation: [1, 2, 1], padding: 'valid' }, [1, 3, 2]],
  ] as [string, Settings, Triple][])('%s', (_, config, size) => {
    checkLayerGradient(conv(config), normal([1, ...size, 2]), { step: 0.1 })
  })
})

test('slots are called weight and bias; without a bias there is none', () => {
  const found = [...slots(conv({ kernel: [1, 2, 3] }))]
  expect(found.map(([path, { slot }]) => [path, slot.shape])).toEqual([
    ['weight', [1, 2, 3, 2, 3]],
    ['bias', [3]],
  ])
  expect([...slots(conv({ kernel: 1, bias: false })).keys()]).toEqual(['weight'])
})

test('leaks nothing', () => {
  const layer = conv({ kernel: 1, stride: 2 })
  const x = normal([1, 4, 4, 4, 2])
  const before = tf.memory().numTensors
  tf.tidy(() => layer.forward(x)).dispose()
  expect(tf.memory().numTensors).toBe(before)
})

test('bad input', () => {
  expect(() => conv({ kernel: 3 }).forward(tf.zeros([2, 5, 5, 5, 3]))).toThrow(
    'Conv3d: an input of shape [2,5,5,5,3] came, expected [batch, depth, height, width, 2]',
  )
  expect(() => conv({ kernel: 3, padding: 'valid' }).forward(tf.zeros([2, 2, 5, 5, 2]))).toThrow(
    'Conv3d: an axis of 2 came, expected at least 3',
  )
  expect(() => conv({ kernel: [1, 0, 1] })).toThrow('Conv3d: kernel: 0 came')
  expect(() => conv({ kernel: 2, stride: 2, dilation: 2 })).toThrow(
    'Conv3d: stride [2,2,2] and dilation [2,2,2] came, expected one of them to be 1',
  )
})
