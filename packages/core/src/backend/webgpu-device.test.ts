import { afterEach, describe, expect, it, vi } from 'vitest'
import { requestWebgpuDevice } from './webgpu-device.ts'

const load = vi.hoisted(() => ({ nodePackage: vi.fn() }))
vi.mock('./load.ts', async (original) => ({ ...(await original<object>()), ...load }))

const before = Object.getOwnPropertyDescriptor(globalThis, 'navigator')
afterEach(() => {
  vi.resetAllMocks()
  Reflect.deleteProperty(globalThis, 'navigator')
  if (before !== undefined) Object.defineProperty(globalThis, 'navigator', before)
})

const withNavigator = (value: object | undefined): void => {
  Object.defineProperty(globalThis, 'navigator', { value, configurable: true, writable: true })
}

const adapter = (info: object, limits: object = {}) => ({
  info,
  limits,
  features: new Set(['shader-f16', 'texture-compression-bc']),
  requestDevice: vi.fn(async (_: object) => ({ made: true })),
})

const hardware = { vendor: 'nvidia', architecture: 'hopper', description: '', device: 'H100' }

describe('requestWebgpuDevice', () => {
  it('asks for the limits and features that the adapter offers, and names it', async () => {
    const found = adapter(hardware, { maxBufferSize: 2 ** 31, maxComputeWorkgroupSizeX: 1024 })
    const requestAdapter = vi.fn(async () => found)
    withNavigator({ gpu: { requestAdapter } })
    const device = await requestWebgpuDevice(false)
    expect(device).toMatchObject({ words: 'nvidia hopper H100', software: false })
    expect(device.device).toEqual({ made: true })
    expect(requestAdapter).toHaveBeenCalledWith({ powerPreference: 'high-performance' })
    expect(found.requestDevice).toHaveBeenCalledWith({
      requiredFeatures: ['shader-f16'],
      requiredLimits: { maxBufferSize: 2 ** 31, maxComputeWorkgroupSizeX: 1024 },
    })
  })

  it.each([
    [{ vendor: 'google', architecture: 'swiftshader', description: '' }, 'google swiftshader'],
    [{ vendor: 'mesa', description: 'llvmpipe (LLVM 15)' }, 'mesa llvmpipe'],
    [{ vendor: '', isFallbackAdapter: true }, 'fallback'],
  ])('refuses an adapter that runs on the CPU, unless it is asked for: %o', async (info, words) => {
    const found = adapter(info)
    withNavigator({ gpu: { requestAdapter: async () => found } })
    await expect(requestWebgpuDevice(false)).rejects.toThrow(
      `the only adapter runs on the CPU (${words}`,
    )
    expect(found.requestDevice).not.toHaveBeenCalled()
    expect(await requestWebgpuDevice(true)).toMatchObject({ software: true })
  })

  it('says that there is no adapter', async () => {
    withNavigator({ gpu: { requestAdapter: async () => null } })
    await expect(requestWebgpuDevice(true)).rejects.toThrow('no WebGPU adapter')
  })

  it.each([[undefined], [{ userAgent: 'Node.js/22' }]])(
    'in Node takes that of the package webgpu and puts it where tfjs looks, beside navigator %o',
    async (navigator) => {
      withNavigator(navigator)
      const gpu = { requestAdapter: async () => adapter(hardware) }
      load.nodePackage.mockResolvedValue({ create: () => gpu, globals: { GPUFakeUsage: 3 } })
      try {
        expect((await requestWebgpuDevice(false)).words).toBe('nvidia hopper H100')
        expect(globalThis.navigator.gpu).toBe(gpu)
        expect(Reflect.get(globalThis, 'GPUFakeUsage')).toBe(3)
      } finally {
        Reflect.deleteProperty(globalThis, 'GPUFakeUsage')
      }
    },
  )
})
