/**
 * WebGPU reports its errors later and elsewhere: an invalid shader or a buffer too large gives wrong numbers and no
 * exception. The guard checks sizes before a program runs, and after an error refuses to go on with what came of it.
 */
import type { DataId, TensorInfo } from '@tensorflow/tfjs-core'
import { util } from '@tensorflow/tfjs-core'
import { DeviceError } from './device-error.ts'
import { firstLine } from './load.ts'

/** The part of tfjs's WebGPU backend that the guard wraps. */
export interface GuardedBackend {
  readonly device: GPUDevice
  runWebGPUProgram(
    program: { readonly outputShape: number[] },
    inputs: TensorInfo[],
    ...rest: unknown[]
  ): TensorInfo
  read(dataId: DataId): Promise<unknown>
}

/** How long a device that refuses a read is given to say that it is lost, in milliseconds. */
const PATIENCE = 200

const guarded = new WeakSet<object>()
const failed = new WeakSet<object>()

/** Whether nothing more can be computed on a device: it was lost, or an operation on it went wrong. */
export function hasFailed(device: GPUDevice): boolean {
  return failed.has(device)
}

/** Guards a backend instance; a second call does nothing. */
export function guardWebgpu(backend: GuardedBackend): void {
  if (guarded.has(backend)) return
  guarded.add(backend)
  const { device } = backend
  let reason: string | undefined
  const fail = (what: string): void => {
    failed.add(device)
    reason ??= what
  }
  device.addEventListener('uncapturederror', (event) => {
    event.preventDefault()
    fail(firstLine(event.error))
  })
  const lost = device.lost.then((info) => {
    fail(`the device was lost (${info.reason}): ${firstLine(info.message)}`)
  })
  const assertSound = (): void => {
    if (reason === undefined) return
    throw new DeviceError(
      `webgpu: an earlier operation failed, so that no result since is valid: ${reason}. ` +
        'Start again from a saved state.',
      { backend: 'webgpu', reason, lost: true },
    )
  }

  const limit = device.limits.maxStorageBufferBindingSize
  const run = backend.runWebGPUProgram.bind(backend)
  backend.runWebGPUProgram = (program, inputs, ...rest) => {
    assertSound()
    for (const shape of [program.outputShape, ...inputs.map((input) => input.shape)]) {
      const bytes = util.sizeFromShape(shape) * 4
      if (bytes <= limit) continue
      const refusal = `a tensor of shape [${shape}] takes ${bytes} bytes; this device binds at most ${limit}`
      throw new DeviceError(`webgpu: ${refusal}. Use a smaller batch or split the tensor.`, {
        backend: 'webgpu',
        reason: refusal,
        lost: false,
      })
    }
    return run(program, inputs, ...rest)
  }
  const read = backend.read.bind(backend)
  backend.read = async (dataId) => {
    try {
      const values = await read(dataId)
      assertSound()
      return values
    } catch (thrown) {
      // A lost device rejects with an empty message, now and then before it says that it is lost: the guard's says more.
      await Promise.race([lost, new Promise((resolve) => setTimeout(resolve, PATIENCE))])
      assertSound()
      throw thrown
    }
  }
}
