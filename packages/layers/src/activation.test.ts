import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { Activation, type ActivationName, activation, initializerFor } from './activation.ts'
import { checkLayerGradient } from './testing/layer-gradient.ts'
import { expectClose } from './testing/values.ts'

/** The error function by its power series, exact enough for |x| < 4. */
function erf(x: number): number {
  let term = x
  let total = x
  for (let n = 1; n < 80; n++) {
    term *= (-x * x) / n
    total += term / (2 * n + 1)
  }
  return (2 / Math.sqrt(Math.PI)) * total
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x))

const formulas: Record<ActivationName, (x: number) => number> = {
  identity: (x) => x,
  gelu: (x) => (x * (1 + erf(x / Math.SQRT2))) / 2,
  geluTanh: (x) => (x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)))) / 2,
  silu: (x) => x * sigmoid(x),
  relu: (x) => Math.max(x, 0),
  leakyRelu: (x) => (x > 0 ? x : 0.01 * x),
  elu: (x) => (x > 0 ? x : Math.exp(x) - 1),
  tanh: Math.tanh,
  sigmoid,
  softplus: (x) => Math.log(1 + Math.exp(x)),
}
const names = Object.keys(formulas) as ActivationName[]
const points = [-4, -2.3, -1, -0.4, -0.1, 0, 0.2, 0.7, 1.5, 3.9]

describe.each(names)('%s', (name) => {
  test('is its formula', () => {
    const x = tf.tensor2d(points, [2, 5])
    expectClose(activation(name)(x), tf.tensor2d(points.map(formulas[name]), [2, 5]), 5e-7)
  })

  test('has its gradient', () => {
    // Away from the kink at zero.
    const x = tf.tensor1d([-2.3, -1, -0.4, 0.2, 0.7, 1.5])
    checkLayerGradient(new Activation({ name }), x)
  })

  test('is finite far out', () => {
    const values = activation(name)(tf.tensor1d([-100, 100])).dataSync()
    expect(Array.from(values).every(Number.isFinite)).toBe(true)
  })
})

test('the tanh form of gelu differs from the exact one, by less than 5e-4', () => {
  const x = tf.linspace(-4, 4, 200)
  const apart = tf.max(tf.abs(tf.sub(activation('gelu')(x), activation('geluTanh')(x))))
  expect(apart.dataSync()[0]).toBeGreaterThan(1e-4)
  expect(apart.dataSync()[0]).toBeLessThan(5e-4)
})

test('rectifiers start with He, symmetric activations with Xavier', () => {
  expect(initializerFor('relu')).toBe('heNormal')
  expect(initializerFor('tanh')).toBe('xavierUniform')
})

test('an unknown name is answered with the nearest', () => {
  expect(() => activation('gellu' as ActivationName)).toThrow(
    "activation: 'gellu' is not known. Did you mean 'gelu'?",
  )
  expect(() => new Activation({ name: 'constructor' as ActivationName })).toThrow('is not known')
})
