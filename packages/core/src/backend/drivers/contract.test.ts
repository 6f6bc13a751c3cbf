import { engine, getBackend, memory, setBackend } from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { beforeEach, describe, expect, test } from 'vitest'
import { WinnowError } from '../../error.ts'
import { activate } from '../choose.ts'
import type { BackendDriver } from '../driver.ts'
import { cpuDriver } from './cpu.ts'
import { cudaDriver } from './cuda.ts'
import { onnxDriver } from './onnx.ts'
import { wasmDriver } from './wasm.ts'
import { webgpuDriver } from './webgpu.ts'

// What every driver keeps to, whether its backend works on this machine or not.

beforeEach(async () => {
  await setBackend('cpu')
})

describe.each<[string, BackendDriver]>(
  [cudaDriver, webgpuDriver, onnxDriver, wasmDriver, cpuDriver].map((driver) => [
    driver.name,
    driver,
  ]),
)('%s', (_, driver) => {
  test('starts, says on what, and starts again as the same; or refuses in one line', async () => {
    const tensors = memory().numTensors
    let device: string
    try {
      device = (await activate(driver, {})).device
    } catch (thrown) {
      expect(thrown).toBeInstanceOf(WinnowError)
      expect((thrown as Error).message).toMatch(/^[^\n]+$/)
      // The backend that was active still is.
      expect(getBackend()).toBe('cpu')
      return
    }
    expect(device).toMatch(/\S/)
    const instance = engine().backend
    await setBackend('cpu')
    expect((await activate(driver, {})).device).toBe(device)
    expect(engine().backend).toBe(instance)
    expect(memory().numTensors).toBe(tensors)
  })
})
