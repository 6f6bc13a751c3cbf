import { afterEach, describe, expect, it, vi } from 'vitest'
import { WinnowError } from '../../error.ts'
import { cudaDriver } from './cuda.ts'
import { onnxDriver } from './onnx.ts'
import { wasmDriver } from './wasm.ts'

// What drivers do where their packages are other than those of this machine: stand-ins take their place.

const load = vi.hoisted(() => ({ nodePackage: vi.fn(), startRegistered: vi.fn() }))
vi.mock('../load.ts', async (original) => ({ ...(await original<object>()), ...load }))

afterEach(() => {
  vi.resetAllMocks()
})

describe('cuda', () => {
  it('gives Node back the function that the package calls, then starts it', async () => {
    const legacy: { isNullOrUndefined?: (value: unknown) => boolean } = {}
    load.nodePackage.mockImplementation(async (name) =>
      name === 'node:util' ? { default: legacy } : {},
    )
    expect(await cudaDriver.start({})).toEqual({ device: 'CUDA through TensorFlow' })
    expect([null, undefined, 0, ''].map((value) => legacy.isNullOrUndefined?.(value))).toEqual([
      true,
      true,
      false,
      false,
    ])
    expect(load.nodePackage.mock.calls.flat()).toEqual(['node:util', '@tensorflow/tfjs-node-gpu'])
    expect(load.startRegistered).toHaveBeenCalledWith('tensorflow')
  })

  it('leaves the function of an older Node as it is', async () => {
    const legacy = { isNullOrUndefined: () => true }
    const { isNullOrUndefined } = legacy
    load.nodePackage.mockResolvedValue({ default: legacy })
    await cudaDriver.start({})
    expect(legacy.isNullOrUndefined).toBe(isNullOrUndefined)
  })
})

describe('onnx', () => {
  it('refuses a package that cannot run graphs, and hands its options to one that can', async () => {
    load.nodePackage.mockResolvedValue({})
    await expect(onnxDriver.start({})).rejects.toThrow('cannot run graphs yet')
    const activate = vi.fn(async () => ({ device: 'a processor' }))
    load.nodePackage.mockResolvedValue({ activate })
    expect(await onnxDriver.start({ software: true })).toEqual({ device: 'a processor' })
    expect(activate).toHaveBeenCalledWith({ software: true })
  })
})

describe('wasm', () => {
  it('names the option that may help, unless it was used', async () => {
    load.startRegistered.mockRejectedValue(new Error('both async and sync fetching failed'))
    await expect(wasmDriver.start({})).rejects.toThrow(WinnowError)
    await expect(wasmDriver.start({})).rejects.toThrow(
      /fetching failed \(the option wasmPaths says where the .wasm files are\)$/,
    )
    const refusal = wasmDriver.start({ wasmPaths: '/elsewhere/' })
    await expect(refusal).rejects.toThrow(/fetching failed$/)
  })
})
