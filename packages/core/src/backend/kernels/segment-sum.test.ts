import { expect, test } from 'vitest'
import { addRows } from './segment-sum.ts'

test('adds each row to that of its segment, and leaves out ids outside', () => {
  const values = [1, 2, 10, 20, 100, 200, 1000, 2000]
  const sums = new Float32Array(6)
  addRows(values, [2, 0, 2, 3], sums, 3)
  expect([...sums]).toEqual([10, 20, 0, 0, 101, 202])
  addRows(values, [-1, 1, 1, 1], sums, 3)
  expect([...sums]).toEqual([10, 20, 1110, 2220, 101, 202])
  addRows(values, [0, 0, 0, 0], [], 0)
})
