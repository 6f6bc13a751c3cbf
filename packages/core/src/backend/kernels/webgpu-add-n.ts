/**
 * `AddN` on webgpu: more inputs than the device binds storage buffers (8 by default) give wrong numbers and no
 * exception. They are added in groups that fit, in their order.
 */
import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs-core'
import type { KernelBackendHandle } from './kernel-run.ts'
import { composite } from './kernel-run.ts'
import type { Replacement } from './replacement.ts'

interface WebgpuHandle extends KernelBackendHandle {
  readonly device: GPUDevice
}

export const webgpuAddN: Replacement = {
  kernelName: 'AddN',
  backendName: 'webgpu',
  reason: 'more inputs than storage buffers give wrong numbers and no exception',
  make: (stock) => (args) => {
    const tensors = Object.values(args.inputs as Record<string, TensorInfo>)
    const { limits } = (args.backend as WebgpuHandle).device
    // One buffer is the output's.
    const most = limits.maxStorageBuffersPerShaderStage - 1
    if (tensors.length <= most) return (stock as KernelFunc)(args)
    return composite('webgpu', args.backend, (run) => {
      const add = (group: TensorInfo[]): TensorInfo =>
        run.apply(stock as KernelFunc, group as unknown as Record<string, TensorInfo>)
      let sum = add(tensors.slice(0, most))
      for (let next = most; next < tensors.length; next += most - 1) {
        sum = add([sum, ...tensors.slice(next, next + most - 1)])
      }
      return sum
    })
  },
}
