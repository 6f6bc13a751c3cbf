import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { Rng, slots } from '@winnow/core'
import { expect, test } from 'vitest'
import { Activation } from './activation.ts'
import { Dropout } from './dropout.ts'
import { Linear } from './linear.ts'
import { Flatten, Reshape } from './reshape.ts'
import { Sequential } from './sequential.ts'
import { testContext } from './testing/test-context.ts'
import { expectClose, normal, valuesOf } from './testing/values.ts'

function layers(): Sequential {
  const rng = new Rng(1)
  return new Sequential([
    new Flatten(),
    new Linear({ inputs: 6, outputs: 4 }, rng),
    new Activation({ name: 'relu' }),
    new Linear({ inputs: 4, outputs: 4 }, rng),
    new Reshape({ shape: [2, 2] }),
  ])
}

test('each layer takes the result of the one before', () => {
  const net = layers()
  const x = normal([5, 2, 3])
  const [first, second] = [net.layers[1] as Linear, net.layers[3] as Linear]
  const expected = second.forward(tf.relu(first.forward(tf.reshape(x, [5, 6]))))
  expectClose(net.forward(x), tf.reshape(expected, [5, 2, 2]), 1e-6)
})

test('hands the context on', () => {
  const net = new Sequential([new Dropout({ rate: 0.5 })])
  const y = net.forward(tf.ones([4, 16]), testContext(true).context)
  expect(new Set(valuesOf(y))).toEqual(new Set([0, 2]))
})

test('slots are numbered; an empty one passes its input on', () => {
  expect([...slots(layers()).keys()]).toEqual([
    'layers.1.weight',
    'layers.1.bias',
    'layers.3.weight',
    'layers.3.bias',
  ])
  const x = normal([2, 2])
  expect(new Sequential([]).forward(x)).toBe(x)
})

test('Flatten and Reshape keep the order and the batch', () => {
  const x = tf.reshape(tf.range(0, 12), [2, 3, 2])
  expect(new Flatten().forward(x).shape).toEqual([2, 6])
  expect(valuesOf(new Flatten().forward(x))).toEqual(valuesOf(x))
  expect(new Reshape({ shape: [2, 3] }).forward(x).shape).toEqual([2, 2, 3])
  expect(new Flatten().forward(tf.zeros([0, 3, 2])).shape).toEqual([0, 6])
  expect(new Flatten().forward(tf.zeros([3])).shape).toEqual([3, 1])
})

test('bad input', () => {
  expect(() => new Flatten().forward(tf.scalar(1))).toThrow('Flatten: a scalar came')
  expect(() => new Reshape({ shape: [2, 0] })).toThrow('Reshape: shape: [2,0] came')
  expect(() => new Reshape({ shape: [2, 2] }).forward(tf.zeros([3, 5]))).toThrow(
    'Reshape: an input of shape [3,5] came, expected [batch, ...] with 4 numbers an example',
  )
})
