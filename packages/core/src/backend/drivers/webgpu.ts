/** `webgpu`: the graphics processor, through the browser's `navigator.gpu` or in Node through the package `webgpu`. */
import { engine, env, registerBackend, removeBackend } from '@tensorflow/tfjs-core'
import type { BackendDriver } from '../driver.ts'
import { optionalPackage, startRegistered } from '../load.ts'
import type { WebgpuDevice } from '../webgpu-device.ts'
import { requestWebgpuDevice } from '../webgpu-device.ts'
import { hasFailed } from '../webgpu-guard.ts'

/** The device of the backend that this driver registered; kept, since tensors live on it. */
let current: { readonly device: WebgpuDevice; readonly backend: object } | undefined

export const webgpuDriver: BackendDriver = {
  name: 'webgpu',
  async start({ software = false }) {
    const registered = engine().registry['webgpu']
    const usable =
      current !== undefined && current.backend === registered && !hasFailed(current.device.device)
    if (!usable || (current?.device.software && !software)) {
      const device = await requestWebgpuDevice(software)
      // Imported only now: tfjs looks for navigator.gpu while it loads.
      const { WebGPUBackend } = await optionalPackage(
        '@tensorflow/tfjs-backend-webgpu',
        () => import('@tensorflow/tfjs-backend-webgpu'),
      )
      const backend = new WebGPUBackend(device.device, device.info)
      if ('webgpu' in engine().registryFactory) removeBackend('webgpu')
      registerBackend('webgpu', () => backend, 3)
      current = { device, backend }
      const mark = current
      void device.device.lost.then(() => {
        if (current === mark) current = undefined
      })
    }
    // Products whose inner sum is split add up atomically, in any order: the same call twice gave different bytes.
    env().set('WEBGPU_MATMUL_PROGRAM_TYPE', 3)
    await startRegistered('webgpu')
    return { device: current?.device.words ?? 'unnamed adapter' }
  },
}
