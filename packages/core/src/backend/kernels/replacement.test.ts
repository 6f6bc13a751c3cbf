import type { KernelConfig } from '@tensorflow/tfjs-core'
import { getKernel, registerKernel, unregisterKernel } from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { cpuReplacements } from './cpu.ts'
import type { Replacement } from './replacement.ts'
import { installReplacements, removeReplacements } from './replacement.ts'
import { wasmReplacements } from './wasm.ts'
import { webgpuReplacements } from './webgpu.ts'

const backendName = 'imaginary'
const stock = (): KernelConfig => ({
  kernelName: 'Neg',
  backendName,
  setupFunc: () => undefined,
  kernelFunc: () => [],
})
const replacement: Replacement = {
  kernelName: 'Neg',
  backendName,
  reason: 'a test',
  make: (old) => (args) => (old === undefined ? [] : old(args)),
}

test('installs once, keeps the set-up, and comes back after another registration', () => {
  const first = stock()
  registerKernel(first)
  installReplacements([replacement])
  const ours = getKernel('Neg', backendName)
  expect(ours).not.toBe(first)
  expect(ours.setupFunc).toBe(first.setupFunc)
  installReplacements([replacement])
  expect(getKernel('Neg', backendName)).toBe(ours)

  unregisterKernel('Neg', backendName)
  const second = stock()
  registerKernel(second)
  installReplacements([replacement])
  expect(getKernel('Neg', backendName)).not.toBe(second)
  removeReplacements([replacement])
  expect(getKernel('Neg', backendName)).toBe(second)
  unregisterKernel('Neg', backendName)
})

test('a kernel that the backend lacks is added and removed', () => {
  installReplacements([replacement])
  expect(getKernel('Neg', backendName)).toBeDefined()
  removeReplacements([replacement])
  expect(getKernel('Neg', backendName)).toBeUndefined()
})

test('each kernel is replaced at most once, or each installation would wrap the other', () => {
  for (const list of [cpuReplacements, wasmReplacements, webgpuReplacements]) {
    const names = list.map(({ kernelName }) => kernelName)
    expect(new Set(names).size).toBe(names.length)
  }
})
