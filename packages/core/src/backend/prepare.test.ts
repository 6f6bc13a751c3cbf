import type { KernelConfig, Tensor } from '@tensorflow/tfjs-core'
import {
  engine,
  getGradient,
  getKernel,
  grad,
  matMul,
  ones,
  registerGradient,
  registerKernel,
  removeBackend,
  setBackend,
  sum,
  tidy,
  unregisterKernel,
} from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-backend-wasm'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { WinnowError } from '../error.ts'
import { prepareBackend } from './prepare.ts'

beforeEach(async () => {
  await setBackend('wasm')
})

test('a backend that the user activated becomes fit for training', () => {
  prepareBackend()
  expect(getKernel('UnsortedSegmentSum', 'wasm')).toBeDefined()
  const slope = tidy(() =>
    grad((w: Tensor) => sum(matMul(ones([2, 3]), w)) as Tensor)(ones([3, 4])).dataSync(),
  )
  expect(Array.from(slope)).toEqual(new Array(12).fill(2))
})

test('what another library registers over it is put right at the next call', () => {
  prepareBackend()
  const gradient = getGradient('Exp')
  const kernel = getKernel('Conv2DBackpropFilter', 'wasm')
  registerGradient({ kernelName: 'Exp', gradFunc: () => ({}) })
  unregisterKernel('Conv2DBackpropFilter', 'wasm')
  const other: KernelConfig = {
    kernelName: 'Conv2DBackpropFilter',
    backendName: 'wasm',
    kernelFunc: () => [],
  }
  registerKernel(other)
  prepareBackend()
  expect(getGradient('Exp')).toBe(gradient)
  expect(getKernel('Conv2DBackpropFilter', 'wasm')).not.toBe(other)
  expect(kernel).toBeDefined()
})

test('done already, it changes nothing', () => {
  prepareBackend()
  const kernels = ['BatchMatMul', 'Cast', 'ClipByValue'].map((name) => getKernel(name, 'wasm'))
  for (let i = 0; i < 100; i++) prepareBackend()
  expect(['BatchMatMul', 'Cast', 'ClipByValue'].map((name) => getKernel(name, 'wasm'))).toEqual(
    kernels,
  )
})

test('the replacements survive a backend that is removed and started again', async () => {
  prepareBackend()
  const factory = engine().registryFactory['cpu']?.factory
  expect(factory).toBeDefined()
  await setBackend('cpu')
  prepareBackend()
  const kernel = getKernel('UnsortedSegmentSum', 'cpu')
  removeBackend('cpu')
  engine().registerBackend('cpu', factory as () => never)
  await setBackend('cpu')
  prepareBackend()
  expect(getKernel('UnsortedSegmentSum', 'cpu')).toBe(kernel)
})

test('without any backend it says what to call', () => {
  for (const name of engine().backendNames()) removeBackend(name)
  expect(() => prepareBackend()).toThrow(WinnowError)
  expect(() => prepareBackend()).toThrow(/No backend is active: call 'await useBackend\(\)' first/)
})

afterAll(() => {
  engine().reset()
})
