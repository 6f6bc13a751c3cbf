import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { Rng, slots } from '@winnow/core'
import { describe, expect, test } from 'vitest'
import { checkLayerGradient } from '../testing/layer-gradient.ts'
import { expectClose, normal, reader, sumOf, tabulate } from '../testing/values.ts'
import { ConvTranspose1d, type ConvTranspose1dConfig } from './conv-transpose1d.ts'

type Settings = Omit<ConvTranspose1dConfig, 'inputs' | 'outputs'>

function convTranspose(settings: Settings): ConvTranspose1d {
  const layer = new ConvTranspose1d({ inputs: 2, outputs: 3, ...settings }, new Rng(1))
  layer.bias?.assign(normal([3], 2))
  return layer
}

const settings: [name: string, settings: Settings, length: number, out: number, pad: number][] = [
  ['kernel 3', { kernel: 3 }, 4, 4, 1],
  ['kernel 4, stride 2', { kernel: 4, stride: 2 }, 3, 6, 1],
  ['kernel 4, stride 2, odd length', { kernel: 4, stride: 2, size: 5 }, 3, 5, 1],
  ['kernel 1, stride 3', { kernel: 1, stride: 3 }, 2, 6, 0],
  ['kernel 3, stride 2, valid', { kernel: 3, stride: 2, padding: 'valid' }, 3, 7, 0],
]

describe('agrees with loops', () => {
  test.each(settings)('%s', (_, config, length, out, pad) => {
    const { kernel, stride = 1 } = config
    const layer = convTranspose(config)
    const x = normal([2, length, 2], 3)
    const at = reader(x)
    const weight = reader(layer.weight.value)
    const bias = reader(layer.bias?.value as tf.Tensor)
    const source = (place: number, tap: number): number => {
      const index = (place + pad - tap) / stride
      return Number.isInteger(index) ? index : -1
    }
    const expected = tabulate([2, out, 3], (...index) => {
      const [n, i, o] = index as [number, number, number]
      return (
        sumOf(kernel, (a) => sumOf(2, (k) => at(n, source(i, a), k) * weight(a, o, k))) + bias(o)
      )
    })
    expectClose(layer.forward(x), expected)
    expect(layer.outputSize(length)).toBe(out)
  })
})

test('gradients in the input, the weight and the bias', () => {
  checkLayerGradient(convTranspose({ kernel: 3, stride: 2 }), normal([1, 3, 2]), { step: 0.1 })
})

test('slots are called weight and bias', () => {
  const found = [...slots(convTranspose({ kernel: 4 }))]
  expect(found.map(([path, { slot }]) => [path, slot.shape])).toEqual([
    ['weight', [4, 3, 2]],
    ['bias', [3]],
  ])
})

test('bad input', () => {
  expect(() => convTranspose({ kernel: 3 }).forward(tf.zeros([2, 5, 3]))).toThrow(
    'ConvTranspose1d: an input of shape [2,5,3] came, expected [batch, length, 2]',
  )
  const layer = convTranspose({ kernel: 4, stride: 2, size: 8 })
  expect(() => layer.forward(tf.zeros([2, 5, 2]))).toThrow('ConvTranspose1d: size 8 from 5 came')
  expect(() => convTranspose({ kernel: 3, stride: 0 })).toThrow('ConvTranspose1d: stride: 0 came')
})
