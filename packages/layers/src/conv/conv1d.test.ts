import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { Rng, slots } from '@winnow/core'
import { describe, expect, test } from 'vitest'
import { checkLayerGradient } from '../testing/layer-gradient.ts'
import { expectClose, normal, reader, sumOf, tabulate } from '../testing/values.ts'
import { Conv1d, type Conv1dConfig } from './conv1d.ts'

type Settings = Omit<Conv1dConfig, 'inputs' | 'outputs'>

function conv(settings: Settings): Conv1d {
  const layer = new Conv1d({ inputs: 2, outputs: 3, ...settings }, new Rng(1))
  layer.bias?.assign(normal([3], 2))
  return layer
}

const settings: [name: string, settings: Settings, length: number, out: number, pad: number][] = [
  ['kernel 3', { kernel: 3 }, 5, 5, 1],
  ['kernel 4, stride 2', { kernel: 4, stride: 2 }, 7, 4, 1],
  ['kernel 3, stride 2, valid', { kernel: 3, stride: 2, padding: 'valid' }, 8, 3, 0],
  ['kernel 3, dilation 2', { kernel: 3, dilation: 2 }, 6, 6, 2],
]

describe('agrees with loops', () => {
  test.each(settings)('%s', (_, config, length, out, pad) => {
    const { kernel, stride = 1, dilation = 1 } = config
    const layer = conv(config)
    const x = normal([2, length, 2], 3)
    const at = reader(x)
    const weight = reader(layer.weight.value)
    const bias = reader(layer.bias?.value as tf.Tensor)
    const expected = tabulate([2, out, 3], (...index) => {
      const [n, i, o] = index as [number, number, number]
      const place = (a: number): number => i * stride + a * dilation - pad
      return sumOf(kernel, (a) => sumOf(2, (k) => at(n, place(a), k) * weight(a, k, o))) + bias(o)
    })
    expectClose(layer.forward(x), expected)
  })
})

test('gradients in the input, the weight and the bias', () => {
  checkLayerGradient(conv({ kernel: 3, stride: 2 }), normal([1, 5, 2]), { step: 0.1 })
})

test('slots are called weight and bias', () => {
  expect([...slots(conv({ kernel: 4 }))].map(([path, { slot }]) => [path, slot.shape])).toEqual([
    ['weight', [4, 2, 3]],
    ['bias', [3]],
  ])
})

test('bad input', () => {
  expect(() => conv({ kernel: 3 }).forward(tf.zeros([2, 5, 5, 2]))).toThrow(
    'Conv1d: an input of shape [2,5,5,2] came, expected [batch, length, 2]',
  )
  expect(() => conv({ kernel: 3, padding: 'valid' }).forward(tf.zeros([2, 2, 2]))).toThrow(
    'Conv1d: an axis of 2 came, expected at least 3',
  )
  expect(() => conv({ kernel: 3, stride: 0 })).toThrow('Conv1d: stride: 0 came')
})
