import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core'
import {
  addN,
  backend,
  einsum,
  env,
  matMul,
  setBackend,
  tidy,
  unsortedSegmentSum,
} from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { beforeAll, expect, test } from 'vitest'
import { useBackend } from '../use-backend.ts'
import { installReplacements, removeReplacements } from './replacement.ts'
import { difference, runOn, runStock, Samples } from './testing.ts'
import { webgpuAddN } from './webgpu-add-n.ts'
import { webgpuSegmentSum } from './webgpu-segment-sum.ts'

beforeAll(async () => {
  await useBackend({ name: 'webgpu', software: true })
  // Small tensors would be computed on the processor otherwise, and no shader be tested.
  env().set('WEBGPU_CPU_FORWARD', false)
  await setBackend('cpu')
})

const many = (count: number) => (): Tensor => {
  const samples = new Samples(count)
  return addN(Array.from({ length: count }, () => samples.uniform([7, 5])))
}

test.each([2, 7, 8, 9, 10, 17, 50])('addN of %i tensors agrees with cpu', async (count) => {
  const compute = many(count)
  expect(difference(await runOn('webgpu', compute), await runOn('cpu', compute))).toBeLessThan(1e-5)
})

test('is needed: the stock kernel binds more buffers than there are', async () => {
  await setBackend('webgpu')
  removeReplacements([webgpuAddN])
  const { device } = backend() as unknown as { device: GPUDevice }
  // Caught in a scope, or the guard would refuse every later result.
  device.pushErrorScope('validation')
  const total = tidy(many(50))
  await total.data()
  const error = await device.popErrorScope()
  total.dispose()
  installReplacements([webgpuAddN])
  await setBackend('cpu')
  expect(error?.message).toMatch(/storage buffers/i)
})

const sums = (beyond: number) => (): Tensor => {
  const samples = new Samples(3)
  const ids = samples.integers([60], 5 + beyond) as Tensor1D
  return unsortedSegmentSum(samples.uniform([60, 4]), ids, 5)
}

test('segment sums leave ids past the end out', async () => {
  for (const beyond of [0, 3]) {
    const expected = await runOn('cpu', sums(beyond))
    expect(difference(await runOn('webgpu', sums(beyond)), expected)).toBeLessThan(1e-5)
  }
})

test('is needed: the stock kernel adds them to other segments', async () => {
  const stock = await runStock('webgpu', [webgpuSegmentSum], sums(3))
  expect(difference(stock, await runOn('cpu', sums(3)))).toBeGreaterThan(0.01)
})

test('einsum agrees with cpu', async () => {
  const compute = (): Tensor => {
    const samples = new Samples(5)
    return einsum('bhid,bhjd->bhij', samples.uniform([2, 3, 4, 5]), samples.uniform([2, 3, 6, 5]))
  }
  expect(difference(await runOn('webgpu', compute), await runOn('cpu', compute))).toBeLessThan(1e-5)
})

test('a long inner product repeats byte for byte', async () => {
  const compute = (): Tensor => {
    const samples = new Samples(6)
    return matMul(samples.uniform([32, 4096]), samples.uniform([4096, 32]))
  }
  const first = await runOn('webgpu', compute)
  for (let i = 0; i < 5; i++) expect((await runOn('webgpu', compute)).values).toEqual(first.values)
})
