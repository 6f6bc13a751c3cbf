/** Makes the active tfjs backend fit for training: core's gradients and the replacement kernels. */
import { backend, engine } from '@tensorflow/tfjs-core'
import { WinnowError } from '../error.ts'
import { registerGradients } from '../gradients/register.ts'
import { cpuReplacements } from './kernels/cpu.ts'
import type { Replacement } from './kernels/replacement.ts'
import { installReplacements } from './kernels/replacement.ts'
import { wasmReplacements } from './kernels/wasm.ts'
import { webgpuReplacements } from './kernels/webgpu.ts'
import { firstLine } from './load.ts'
import type { GuardedBackend } from './webgpu-guard.ts'
import { guardWebgpu } from './webgpu-guard.ts'

const replacements: Readonly<Record<string, readonly Replacement[]>> = {
  cpu: cpuReplacements,
  wasm: wasmReplacements,
  webgpu: webgpuReplacements,
}

/**
 * Registers core's gradients and the replacement kernels of the active backend, whoever activated it. Cheap when done
 * already: `fit` and `compile` call it every time. Throws a `WinnowError` where no backend is active.
 */
export function prepareBackend(): void {
  const instance = activeBackend()
  registerGradients()
  const name = engine().backendName
  installReplacements(replacements[name] ?? [])
  if (name === 'webgpu') guardWebgpu(instance as GuardedBackend)
}

function activeBackend(): unknown {
  try {
    return backend()
  } catch (cause) {
    throw new WinnowError(
      `No backend is active: call 'await useBackend()' first (tfjs: ${firstLine(cause)})`,
      { cause },
    )
  }
}
