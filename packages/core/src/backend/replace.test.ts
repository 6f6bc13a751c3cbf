import '@tensorflow/tfjs-backend-cpu'
import { getBackend } from '@tensorflow/tfjs-core'
import { expect, test, vi } from 'vitest'

test('nobody replaces a backend that useBackend has not chosen; what it chose goes by its options', async () => {
  vi.resetModules()
  const { replaceBackend } = await import('./replace.ts')
  await expect(replaceBackend('webgpu', [])).rejects.toThrow('was not chosen by useBackend')

  const { useBackend } = await import('./use-backend.ts')
  await useBackend({ name: 'cpu', order: ['wasm', 'cpu'] })
  expect((await replaceBackend('cpu', [])).name).toBe('cpu')
  expect((await replaceBackend('cpu', ['cpu'])).name).toBe('wasm')
  expect(getBackend()).toBe('wasm')
  await expect(replaceBackend('cpu', ['cpu', 'wasm'])).rejects.toThrow(
    'no other is among wasm, cpu',
  )
  // A choice that fails changes nothing.
  await expect(useBackend('cuda')).rejects.toThrow()
  expect((await replaceBackend('wasm', ['wasm'])).name).toBe('cpu')
})
