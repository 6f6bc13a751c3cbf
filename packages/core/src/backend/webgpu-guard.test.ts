import { describe, expect, it, vi } from 'vitest'
import { DeviceError } from './device-error.ts'
import { type GuardedBackend, guardWebgpu, hasFailed } from './webgpu-guard.ts'

// A device made up; webgpu-guard.browser.test.ts has a real one.

class FakeDevice extends EventTarget {
  readonly limits = { maxStorageBufferBindingSize: 1024 }
  lose: (info: { reason: string; message: string }) => void = () => undefined
  readonly lost = new Promise((resolve) => {
    this.lose = resolve
  })
}

const fake = () => {
  const device = new FakeDevice()
  const ran = vi.fn(() => ({ dataId: {}, shape: [1], dtype: 'float32' as const }))
  const read = vi.fn<(dataId: object) => Promise<unknown>>(async () => Float32Array.of(1))
  const backend = { device, runWebGPUProgram: ran, read } as unknown as GuardedBackend
  guardWebgpu(backend)
  const run = (outputShape: number[], ...inputs: number[][]) =>
    backend.runWebGPUProgram(
      { outputShape },
      inputs.map((shape) => ({ dataId: {}, shape, dtype: 'float32' })),
    )
  return { device, backend, ran, read, run }
}

const thrownBy = (work: () => unknown): DeviceError => {
  try {
    work()
  } catch (error) {
    return error as DeviceError
  }
  throw new Error('nothing was thrown')
}

describe('guardWebgpu', () => {
  it('lets sound work through, guarded once', async () => {
    const { backend, run, ran } = fake()
    const { runWebGPUProgram } = backend
    guardWebgpu(backend)
    expect(backend.runWebGPUProgram).toBe(runWebGPUProgram)
    expect(run([16, 16], [256])).toMatchObject({ shape: [1] })
    expect(ran).toHaveBeenCalledOnce()
    expect(await backend.read({})).toEqual(Float32Array.of(1))
  })

  it('refuses what the device does not bind, and nothing after it', () => {
    const { run, device, ran } = fake()
    for (const attempt of [() => run([257]), () => run([1], [2, 129])]) {
      const error = thrownBy(attempt)
      expect(error).toBeInstanceOf(DeviceError)
      expect(error.message).toMatch(/bytes; this device binds at most 1024\. Use a smaller batch/)
      expect(error.failure).toMatchObject({ backend: 'webgpu', lost: false })
    }
    expect(ran).not.toHaveBeenCalled()
    expect(hasFailed(device as unknown as GPUDevice)).toBe(false)
    run([256])
  })

  it('after an error on the device neither runs nor reads, and tells the first one', async () => {
    const { run, backend, device } = fake()
    const event = (message: string) =>
      Object.assign(new Event('uncapturederror', { cancelable: true }), { error: { message } })
    const first = event('out of memory\nat a place')
    device.dispatchEvent(first)
    device.dispatchEvent(event('what came of it'))
    // Else the browser prints it.
    expect(first.defaultPrevented).toBe(true)
    const error = thrownBy(() => run([1]))
    expect(error.message).toBe(
      'webgpu: an earlier operation failed, so that no result since is valid: out of memory. Start again from a saved state.',
    )
    expect(error.failure).toEqual({ backend: 'webgpu', reason: 'out of memory', lost: true })
    await expect(backend.read({})).rejects.toThrow(error.message)
    expect(hasFailed(device as unknown as GPUDevice)).toBe(true)
  })

  it('says that the device was lost where a read says nothing, even if that comes first', async () => {
    const { backend, device, read } = fake()
    read.mockRejectedValue(new Error(''))
    const reading = backend.read({})
    setTimeout(() => device.lose({ reason: 'unknown', message: 'the driver was reset.' }), 20)
    await expect(reading).rejects.toThrow('the device was lost (unknown): the driver was reset')
  })

  it('hands on what a read of a sound device throws', async () => {
    const { backend, read } = fake()
    read.mockRejectedValue(new RangeError('no such data'))
    await expect(backend.read({})).rejects.toThrow(RangeError)
  })
})
