import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { Rng, slots } from '@winnow/core'
import { describe, expect, test } from 'vitest'
import type { Conv2d } from '../conv/conv2d.ts'
import type { LayerModule } from '../layer.ts'
import { checkLayerGradient } from '../testing/layer-gradient.ts'
import { testContext } from '../testing/test-context.ts'
import { expectClose, normal } from '../testing/values.ts'
import { ConvDecoder, type ConvDecoderConfig, convDecoder } from './conv-decoder.ts'
import { ConvEncoder, type ConvEncoderConfig, convEncoder } from './conv-encoder.ts'
import type { Stage } from './stage.ts'

function encoder(config: Partial<ConvEncoderConfig> = {}): ConvEncoder {
  const shapes = { input: [8, 8, 1], output: [5] }
  return new ConvEncoder({ ...shapes, channels: [2, 3], ...config }, new Rng(1))
}

function decoder(config: Partial<ConvDecoderConfig> = {}): ConvDecoder {
  const shapes = { input: [5], output: [8, 8, 1] }
  return new ConvDecoder({ ...shapes, channels: [3, 2], ...config }, new Rng(1))
}

const shapesOf = (net: LayerModule): [string, readonly number[]][] =>
  [...slots(net)].map(([path, { slot }]) => [path, slot.shape])

test('descriptions are plain JSON', () => {
  for (const spec of [
    convEncoder([32, 64], { kernel: 4, activation: 'silu', hidden: [256] }),
    convDecoder([64, 32], { norm: 'group' }),
  ]) {
    expect(JSON.parse(JSON.stringify(spec))).toEqual(spec)
  }
})

describe('shapes', () => {
  test('28 x 28 goes 14, 7 and back', () => {
    expect(shapesOf(encoder({ input: [28, 28, 1] }))).toEqual([
      ['stages.0.layer.weight', [4, 4, 1, 2]],
      ['stages.0.layer.bias', [2]],
      ['stages.1.layer.weight', [4, 4, 2, 3]],
      ['stages.1.layer.bias', [3]],
      ['head.output.weight', [7 * 7 * 3, 5]],
      ['head.output.bias', [5]],
    ])
    expect(shapesOf(decoder({ output: [28, 28, 1] }))).toEqual([
      ['hidden.0.layer.weight', [5, 7 * 7 * 3]],
      ['hidden.0.layer.bias', [7 * 7 * 3]],
      ['stages.0.layer.weight', [4, 4, 2, 3]],
      ['stages.0.layer.bias', [2]],
      ['output.weight', [4, 4, 1, 2]],
      ['output.bias', [1]],
    ])
  })

  test.each([[[28, 28, 1]], [[27, 25, 3]], [[7, 13, 2]], [[1, 9, 1]], [[5, 1, 1]]])(
    'any height and width: %j',
    (image) => {
      for (const options of [{}, { kernel: 3 }, { stride: 3 }, { kernel: 1, stride: 1 }]) {
        const code = encoder({ input: image, ...options }).forward(tf.zeros([2, ...image]))
        expect(code.shape).toEqual([2, 5])
        expect(decoder({ output: image, ...options }).forward(code).shape).toEqual([2, ...image])
      }
    },
  )

  test('shaped codes and more leading axes', () => {
    const net = encoder({ output: [2, 3] })
    expect(net.forward(tf.zeros([4, 8, 8, 1])).shape).toEqual([4, 2, 3])
    expect(net.forward(tf.zeros([6, 4, 8, 8, 1])).shape).toEqual([6, 4, 2, 3])
    const back = decoder({ input: [2, 3] })
    expect(back.forward(tf.zeros([6, 4, 2, 3])).shape).toEqual([6, 4, 8, 8, 1])
    const x = normal([6, 4, 2, 3])
    const rows = back.forward(tf.reshape(x, [24, 2, 3]))
    expectClose(back.forward(x), tf.reshape(rows, [6, 4, 8, 8, 1]), 1e-6)
  })

  test('linear stages and norms in between', () => {
    const paths = [...slots(encoder({ hidden: [6], norm: 'batch' })).keys()]
    expect(paths).toContain('stages.1.norm.runningVariance')
    expect(paths).toContain('head.hidden.0.norm.weight')
    expect(paths).not.toContain('stages.0.layer.bias')
    expect(shapesOf(decoder({ hidden: [6] })).slice(0, 3)).toEqual([
      ['hidden.0.layer.weight', [5, 6]],
      ['hidden.0.layer.bias', [6]],
      ['hidden.1.layer.weight', [6, 2 * 2 * 3]],
    ])
  })
})

describe('forward', () => {
  test('the encoder convolves, flattens row by row and maps linearly', () => {
    const net = encoder({ activation: 'elu' })
    const x = normal([2, 8, 8, 1])
    const [a, b] = net.stages.map((stage) => stage.layer as Conv2d) as [Conv2d, Conv2d]
    const map = tf.elu(b.forward(tf.elu(a.forward(x))))
    expect(map.shape).toEqual([2, 2, 2, 3])
    expectClose(net.forward(x), net.head.output.forward(tf.reshape(map, [2, 12])), 1e-6)
  })

  test('the decoder maps linearly, lays out a map and enlarges it, the last layer without activation', () => {
    const net = decoder({ activation: 'elu' })
    const z = normal([2, 5])
    const map = tf.elu(net.hidden[0]?.layer.forward(z) as tf.Tensor)
    const enlarged = (net.stages[0] as Stage).layer.forward(tf.reshape(map, [2, 2, 2, 3]))
    expect(enlarged.shape).toEqual([2, 4, 4, 2])
    const expected = net.output.forward(tf.elu(enlarged))
    expectClose(net.forward(z), expected, 1e-6)
    expect(Math.min(...net.forward(z).dataSync())).toBeLessThan(0)
  })

  test('dropout and batch norm see the context', () => {
    for (const net of [encoder, decoder]) {
      const { context, updates } = testContext(true)
      const layer = net({ norm: 'batch', dropout: 0.5, hidden: [6] })
      const x = normal(net === encoder ? [4, 8, 8, 1] : [4, 5])
      const noisy = layer.forward(x, context)
      expect(updates.size).toBe(6)
      expect(noisy.dataSync()).not.toEqual(layer.forward(x).dataSync())
      expect(layer.forward(x).dataSync()).toEqual(layer.forward(x).dataSync())
    }
  })
})

test('gradients in the input and every parameter', () => {
  const options = { step: 0.02, tolerance: 1e-3 }
  const small = { kernel: 2, activation: 'tanh' } as const
  const image = [3, 3, 1]
  checkLayerGradient(
    encoder({ ...small, input: image, output: [2], channels: [2] }),
    normal([1, 3, 3, 1]),
    options,
  )
  checkLayerGradient(
    decoder({ ...small, input: [2], output: image, channels: [2] }),
    normal([1, 2]),
    options,
  )
})

test('disposing frees all', () => {
  const before = tf.memory().numTensors
  for (const net of [encoder({ norm: 'batch' }), decoder({ norm: 'batch' })]) net.dispose()
  expect(tf.memory().numTensors).toBe(before)
})

test('bad input', () => {
  const before = tf.memory().numTensors
  expect(() => encoder({ input: [64] })).toThrow(
    'convEncoder: input [height, width, channels]: [64] came, expected a list of 3 whole numbers >= 1',
  )
  expect(() => decoder({ output: [8, 8] })).toThrow(
    'convDecoder: output [height, width, channels]: [8,8]',
  )
  expect(() => encoder({ channels: [] })).toThrow(
    'convEncoder: channels: [] came, expected a list of at least 1',
  )
  expect(() => decoder({ stride: 0 })).toThrow('convDecoder: stride: 0 came')
  expect(() => decoder({ activation: 'tan' as 'tanh' })).toThrow("Did you mean 'tanh'?")
  expect(tf.memory().numTensors).toBe(before)
  expect(() => encoder().forward(tf.zeros([2, 8, 9, 1]))).toThrow(
    'convEncoder: an input of shape [2,8,9,1] came, expected [batch, 8, 8, 1]',
  )
  expect(() => decoder().forward(tf.zeros([2, 4]))).toThrow(
    'convDecoder: an input of shape [2,4] came, expected [batch, 5]',
  )
})
