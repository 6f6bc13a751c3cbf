import '@tensorflow/tfjs-backend-cpu'
import { Rng } from '@winnow/core'
import { describe, expect, test } from 'vitest'
import { type InitializerName, initializer } from './init.ts'
import { valuesOf } from './testing/values.ts'

const shape = [80, 250]
const fans = { input: 80, output: 250 }

function draw(name: InitializerName, seed = 3): number[] {
  return valuesOf(initializer(name)(shape, fans, new Rng(seed)))
}

function deviationOf(values: readonly number[]): number {
  const mean = values.reduce((a, b) => a + b, 0) / values.length
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length)
}

describe('the deviation is that of the scheme', () => {
  // 20,000 samples: the deviation's own relative error is about 0.5 %.
  test.each([
    ['xavierUniform', Math.sqrt(2 / 330)],
    ['xavierNormal', Math.sqrt(2 / 330)],
    ['heUniform', Math.sqrt(2 / 80)],
    ['heNormal', Math.sqrt(2 / 80)],
    ['lecunNormal', Math.sqrt(1 / 80)],
    // A standard normal cut at two deviations keeps 0.8796 of its deviation.
    ['truncatedNormal', 0.02 * 0.8796],
  ] as const)('%s', (name, deviation) => {
    expect(deviationOf(draw(name)) / deviation).toBeCloseTo(1, 1.6)
  })
})

test('uniform schemes reach their limit and no further, in both directions', () => {
  for (const [name, limit] of [
    ['xavierUniform', Math.sqrt(6 / 330)],
    ['heUniform', Math.sqrt(6 / 80)],
  ] as const) {
    const values = draw(name)
    expect(Math.max(...values)).toBeLessThanOrEqual(limit)
    expect(Math.max(...values)).toBeGreaterThan(0.999 * limit)
    expect(Math.min(...values)).toBeGreaterThanOrEqual(-limit)
    expect(Math.min(...values)).toBeLessThan(-0.999 * limit)
  }
})

test('truncation draws again and does not pile up at the limit', () => {
  const values = draw('truncatedNormal')
  expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(0.04)
  const near = values.filter((value) => Math.abs(value) > 0.039).length / values.length
  // The normal's own share there, 2 (Phi(2) - Phi(1.95)) / 0.9545 = 0.0059; clipping would give 0.05.
  expect(near).toBeGreaterThan(0.003)
  expect(near).toBeLessThan(0.009)
})

test('zeros and ones', () => {
  expect(new Set(draw('zeros'))).toEqual(new Set([0]))
  expect(new Set(draw('ones'))).toEqual(new Set([1]))
})

test('the seed alone decides', () => {
  expect(draw('heNormal', 5)).toEqual(draw('heNormal', 5))
  expect(draw('heNormal', 5)).not.toEqual(draw('heNormal', 6))
})

test('an unknown name is answered with the nearest', () => {
  expect(() => initializer('heNormall' as InitializerName)).toThrow(
    "init: 'heNormall' is not known. Did you mean 'heNormal'?",
  )
  expect(() => initializer('toString' as InitializerName)).toThrow('is not known')
})
