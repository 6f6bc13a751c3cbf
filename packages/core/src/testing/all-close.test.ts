import { expect, test } from 'vitest'
import { allClose } from './all-close.ts'

test('numbers are close up to the relative and the absolute part', () => {
  expect(allClose(1.04, 1, { relative: 0.05, absolute: 0 })).toBeUndefined()
  expect(allClose(1.06, 1, { relative: 0.05, absolute: 0 })).toContain('value is 1.06, expected 1')
  expect(allClose(0.04, 0, { relative: 0, absolute: 0.05 })).toBeUndefined()
  expect(allClose(0.06, 0, { relative: 0, absolute: 0.05 })).toContain('value is 0.06')
})

test('the relative part is a share of the expected number, not of the one found', () => {
  expect(allClose(100, 109, { relative: 0.085, absolute: 0 })).toBeUndefined()
  expect(allClose(109, 100, { relative: 0.085, absolute: 0 })).toContain('1 of 1')
})

test('arrays, typed arrays and nested arrays compare with one another', () => {
  expect(allClose(Float32Array.of(0.1, 0.2), [0.1, 0.2])).toBeUndefined()
  expect(allClose([[1, 2], Float32Array.of(3)], [[1, 2], [3]])).toBeUndefined()
  expect(allClose([[1, 2], [3.1]], [[1, 2], [3]])).toContain('[1][0] is 3.1, expected 3')
})

test('the message counts what differs and names the furthest', () => {
  const message = allClose([1, 2.5, 9, 4], [1, 2, 3, 4], { relative: 0, absolute: 0.1 })
  expect(message).toContain('2 of 4')
  expect(message).toContain('[2] is 9, expected 3')
})

test('lengths and depths must agree', () => {
  expect(allClose([1, 2], [1, 2, 3])).toBe('the whole has 2 elements, expected 3')
  expect(allClose([[1], [2]], [[1], [2, 3]])).toBe('[1] has 1 elements, expected 2')
  expect(allClose(1, [1])).toBe('the whole is a number, expected an array')
})

test('NaN and infinities are close to themselves alone', () => {
  const odd = [Number.NaN, Number.POSITIVE_INFINITY]
  expect(allClose(odd, odd)).toBeUndefined()
  expect(allClose(Number.NaN, 1, { absolute: 1e9 })).toContain('NaN')
  expect(allClose(1, Number.NaN, { absolute: 1e9 })).toContain('NaN')
  expect(allClose(1, Number.POSITIVE_INFINITY)).toContain('Infinity')
  expect(allClose(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY)).toContain('Infinity')
})
