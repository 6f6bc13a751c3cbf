import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { gradient, registerGradients, slots } from '@winnow/core'
import { checkGradient } from '@winnow/core/testing'
import { beforeAll, describe, expect, test } from 'vitest'
import { testContext } from '../testing/test-context.ts'
import { expectClose, normal, reader, sumOf, valuesOf } from '../testing/values.ts'
import { LookupFreeQuantizer } from './lookup-free-quantizer.ts'

beforeAll(() => registerGradients())

describe('each number becomes its sign', () => {
  test('worked by hand', () => {
    const quantizer = new LookupFreeQuantizer({ bits: 3, entropy: 0 })
    const x = tf.tensor([0.5, -2, 0.1, -1, 0, 3], [2, 3])
    const { quantized, indices, loss, perplexity, usage } = quantizer.forward(x)
    expect(valuesOf(quantized)).toEqual([1, -1, 1, -1, -1, 1])
    expect(valuesOf(indices)).toEqual([5, 4])
    expect(indices.dtype).toBe('int32')
    expectClose(loss, tf.scalar((0.25 * (0.25 + 1 + 0.81 + 0 + 1 + 4)) / 6), 1e-6)
    expectClose(perplexity, tf.scalar(2), 1e-6)
    expectClose(usage, tf.scalar(2 / 8), 1e-6)
  })

  test.each([1, 2, 5, 10])('every code of %i bits goes round', (bits) => {
    const quantizer = new LookupFreeQuantizer({ bits })
    expect(quantizer.entries).toBe(2 ** bits)
    const all = tf.range(0, 2 ** bits, 1, 'int32')
    const codes = quantizer.decode(all)
    const { indices, quantized, perplexity } = quantizer.forward(tf.mul(codes, 0.3))
    expect(valuesOf(indices)).toEqual(valuesOf(all))
    expect(valuesOf(quantized)).toEqual(valuesOf(codes))
    expect(Math.abs((valuesOf(perplexity)[0] as number) / 2 ** bits - 1)).toBeLessThan(1e-5)
  })

  test('24 bits, any leading axes: decoding gives the quantised values', () => {
    const quantizer = new LookupFreeQuantizer({ bits: 24, entropy: 0 })
    const { indices, quantized } = quantizer.forward(normal([2, 4, 24]))
    expect(indices.shape).toEqual([2, 4])
    expect(valuesOf(quantizer.decode(indices))).toEqual(valuesOf(quantized))
  })
})

describe('the entropy penalty', () => {
  const probabilities = (x: tf.Tensor, temperature: number): number[][] => {
    const [count, bits] = x.shape as [number, number]
    const at = reader(x)
    return Array.from({ length: count }, (_, n) => {
      const weights = Array.from({ length: 2 ** bits }, (_code, code) =>
        Math.exp(-sumOf(bits, (i) => (at(n, i) - ((code >> i) & 1 ? 1 : -1)) ** 2) / temperature),
      )
      const total = weights.reduce((a, b) => a + b)
      return weights.map((weight) => weight / total)
    })
  }
  const entropy = (p: readonly number[]): number =>
    -sumOf(p.length, (i) => (p[i] === 0 ? 0 : p[i]! * Math.log(p[i]!)))

  test.each([1, 2, 3, 5])('of %i bits is the one of all codes by a loop', (bits) => {
    const x = normal([7, bits])
    const p = probabilities(x, 1.5)
    const ofVectors = sumOf(7, (n) => entropy(p[n]!)) / 7
    const ofCodebook = entropy(p[0]!.map((_, code) => sumOf(7, (n) => p[n]![code]!) / 7))
    const config = { bits, commitment: 0, entropy: 0.2, diversity: 3, temperature: 1.5 }
    const expected = 0.2 * (ofVectors - 3 * ofCodebook)
    expectClose(new LookupFreeQuantizer(config).forward(x).loss, tf.scalar(expected), 1e-5)
    const without = new LookupFreeQuantizer({ ...config, diversity: 0 })
    expectClose(without.forward(x).loss, tf.scalar(0.2 * ofVectors), 1e-5)
  })

  test('and its gradient', () => {
    const quantizer = new LookupFreeQuantizer({
      bits: 3,
      commitment: 0,
      entropy: 1,
      diversity: 0.7,
      temperature: 2,
    })
    checkGradient((x) => quantizer.forward(x as tf.Tensor).loss, [normal([4, 3])])
  })

  test('is lowest where vectors are sure and all codes are in use; finite far away', () => {
    const quantizer = new LookupFreeQuantizer({ bits: 4, commitment: 0, entropy: 1 })
    const all = quantizer.decode(tf.range(0, 16, 1, 'int32'))
    expectClose(quantizer.forward(all).loss, tf.scalar(-Math.log(16)), 1e-5)
    const far = tf.mul(all, 1e4)
    const [slope] = gradient(() => quantizer.forward(far).loss, [far])
    expectClose(quantizer.forward(far).loss, tf.scalar(-Math.log(16)), 1e-5)
    expect(valuesOf(slope as tf.Tensor).every(Number.isFinite)).toBe(true)
    // All in doubt: both entropies are those of all codes.
    expectClose(quantizer.forward(tf.zeros([3, 4])).loss, tf.scalar(0), 1e-5)
  })
})

test('the signs are straight-through, commitment draws to them', () => {
  const quantizer = new LookupFreeQuantizer({ bits: 2, entropy: 0, commitment: 0.5 })
  const x = tf.tensor([0.5, -2, -0.25, 1], [2, 2])
  const weights = normal([2, 2], 3)
  const [through] = gradient(() => tf.sum(tf.mul(quantizer.forward(x).quantized, weights)), [x])
  expectClose(through as tf.Tensor, weights, 1e-6)
  const [commitment] = gradient(() => quantizer.forward(x).loss, [x])
  expectClose(commitment as tf.Tensor, tf.tensor([-0.125, -0.25, 0.1875, 0], [2, 2]), 1e-6)
})

test('nothing is remembered', () => {
  const quantizer = new LookupFreeQuantizer({ bits: 4 })
  expect(slots(quantizer).size).toBe(0)
  const { context, updates } = testContext(true)
  const { perplexity } = quantizer.forward(tf.ones([9, 4]), context)
  expect(valuesOf(perplexity)).toEqual([1])
  expect(updates.size).toBe(0)
})

test('bad input', () => {
  const make = (config: object) => () => new LookupFreeQuantizer({ bits: 4, ...config })
  expect(make({ bits: 0 })).toThrow('LookupFreeQuantizer: bits: 0 came')
  expect(make({ bits: 25 })).toThrow('expected at most 2^24')
  expect(make({ entropy: -1 })).toThrow('LookupFreeQuantizer: entropy: -1 came')
  expect(make({ diversity: Number.NaN })).toThrow('LookupFreeQuantizer: diversity: NaN came')
  expect(make({ temperature: 0 })).toThrow('temperature: 0 came, expected a number above 0')
  expect(make({ temprature: 1 })).toThrow("Did you mean 'temperature'?")
  expect(() => make({})().forward(tf.zeros([3, 3]))).toThrow(
    '[3,3] came, expected float32 [batch, ..., 4]',
  )
  expect(() => make({})().forward(tf.zeros([3, 4], 'int32'))).toThrow('a int32 input')
  expect(() => make({})().decode(tf.zeros([3]))).toThrow('indices: a float32 tensor')
})
