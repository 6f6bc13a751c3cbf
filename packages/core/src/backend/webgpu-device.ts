/**
 * A WebGPU device of our own: with the limits that the adapter offers (stock tfjs asks for the default 8 storage buffers)
 * and without software adapters, which are 10 to 100 times slower than wasm, unless they are asked for.
 */
import { check } from '../error.ts'
import { runsInNode } from './driver.ts'
import { nodePackage } from './load.ts'

export interface WebgpuDevice {
  readonly device: GPUDevice
  readonly info: GPUAdapterInfo
  /** The adapter in words. */
  readonly words: string
  readonly software: boolean
}

const wantedLimits = [
  'maxStorageBuffersPerShaderStage',
  'maxStorageBufferBindingSize',
  'maxBufferSize',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupsPerDimension',
] as const

const wantedFeatures = ['timestamp-query', 'shader-f16', 'subgroups'] as const

const softwareNames = /swiftshader|llvmpipe|lavapipe|softpipe|basic render|software/i

interface NodeWebgpu {
  create(options: string[]): GPU
  readonly globals: Record<string, unknown>
}

/** Asks for an adapter and a device. Throws with the reason where there is none to be had. */
export async function requestWebgpuDevice(software: boolean): Promise<WebgpuDevice> {
  const gpu = globalThis.navigator?.gpu ?? (await gpuOfNode())
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' })
  check(
    adapter !== null,
    () => 'no WebGPU adapter: neither a graphics driver nor a software one answers',
  )
  const { info } = adapter
  const words = [info.vendor, info.architecture, info.description || info.device]
    .filter((word) => word !== undefined && word !== '')
    .join(' ')
  const isSoftware = info.isFallbackAdapter === true || softwareNames.test(words)
  check(
    software || !isSoftware,
    () =>
      `the only adapter runs on the CPU (${words || 'fallback'}); pass { software: true } to use it`,
  )
  const requiredLimits: Record<string, number> = {}
  for (const limit of wantedLimits) {
    const offered = adapter.limits[limit]
    if (offered !== undefined) requiredLimits[limit] = offered
  }
  const device = await adapter.requestDevice({
    requiredFeatures: wantedFeatures.filter((feature) => adapter.features.has(feature)),
    requiredLimits,
  })
  return { device, info, words: words || 'unnamed adapter', software: isSoftware }
}

/** WebGPU in Node through the package `webgpu` (Dawn), put where tfjs looks for it. */
async function gpuOfNode(): Promise<GPU> {
  check(runsInNode(), () => 'this browser has no navigator.gpu (WebGPU needs a secure context)')
  const { create, globals } = await nodePackage<NodeWebgpu>('webgpu')
  Object.assign(globalThis, globals)
  const gpu = create([])
  const property = { value: gpu, configurable: true, writable: true }
  if (globalThis.navigator === undefined) {
    Object.defineProperty(globalThis, 'navigator', {
      value: Object.defineProperty({}, 'gpu', property),
      configurable: true,
      writable: true,
    })
  } else {
    Object.defineProperty(globalThis.navigator, 'gpu', property)
  }
  return gpu
}
