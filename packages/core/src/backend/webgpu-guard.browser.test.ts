import type { Tensor } from '@tensorflow/tfjs-core'
import { engine, fill } from '@tensorflow/tfjs-core'
import { beforeAll, expect, test } from 'vitest'
import { WinnowError } from '../error.ts'
import { useBackend } from './use-backend.ts'
import type { GuardedBackend } from './webgpu-guard.ts'

beforeAll(async () => {
  await useBackend({ name: 'webgpu', software: true })
})

const active = (): GuardedBackend => engine().backend as unknown as GuardedBackend

test('a tensor larger than the device binds is an error in words, before it runs', () => {
  const limit = active().device.limits.maxStorageBufferBindingSize
  const attempt = (): Tensor => fill([limit / 4 / 1024 + 1, 1024], 1)
  expect(attempt).toThrow(WinnowError)
  expect(attempt).toThrow(new RegExp(`this device binds at most ${limit}`))
})

test('after an error on the device nothing is read or run, and the error says which', async () => {
  const { device } = active()
  const result = fill([2000], 1)
  // A buffer that no device has room for: WebGPU throws nothing here.
  device.createBuffer({ size: 2 ** 45, usage: GPUBufferUsage.STORAGE })
  await expect(result.data()).rejects.toThrow(/an earlier operation failed/)
  expect(() => fill([2000], 1)).toThrow(WinnowError)
  expect(() => fill([2000], 1)).toThrow(/Start again from a saved state/)
})

test('a failed device is replaced when the backend is asked for again', async () => {
  const { device } = active()
  const found = await useBackend({ name: 'webgpu', software: true })
  expect(found.name).toBe('webgpu')
  expect(active().device).not.toBe(device)
  expect([...(await fill([3], 2).data())]).toEqual([2, 2, 2])
})

test('a lost device is started anew when the backend is asked for again', async () => {
  const { device } = active()
  device.destroy()
  await device.lost
  const found = await useBackend({ name: 'webgpu', software: true })
  expect(found.name).toBe('webgpu')
  expect(active().device).not.toBe(device)
})
