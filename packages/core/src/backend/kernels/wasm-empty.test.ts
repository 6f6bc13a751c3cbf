import type { Tensor } from '@tensorflow/tfjs-core'
import { matMul, max, mean, min, prod, setBackend, sum, zeros } from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-backend-wasm'
import { beforeAll, expect, test } from 'vitest'
import { difference, runOn } from './testing.ts'

beforeAll(async () => {
  await setBackend('cpu')
})

// What the stock kernels return here is memory that was never set: often, not always, something else.
test.each<[string, () => Tensor]>([
  ['sum', () => sum(zeros([0, 300]), 0)],
  ['mean', () => mean(zeros([0, 300]), 0)],
  ['prod', () => prod(zeros([0, 300]), 0)],
  ['max', () => max(zeros([300, 0]), 1)],
  ['min', () => min(zeros([300, 0]), 1)],
  ['matMul', () => matMul(zeros([20, 0]), zeros([0, 20]))],
  ['matMul of no rows', () => matMul(zeros([0, 4]), zeros([4, 2]))],
  ['matMul transposed', () => matMul(zeros([3, 0, 20]), zeros([5, 0]), true, true)],
])('%s of nothing is what cpu gives', async (_, compute) => {
  // Leaves traces on the heap, so that unset memory is not zero.
  await runOn('wasm', () => sum(matMul(zeros([50, 50]), zeros([50, 50])), 1))
  expect(difference(await runOn('wasm', compute), await runOn('cpu', compute))).toBe(0)
})
