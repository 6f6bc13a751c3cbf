/**
 * WebGPU reports its errors later and elsewhere: an invalid shader or a buffer too large gives wrong numbers and no
 * exception. The guard checks sizes before a program runs, and after an error refuses to go on with what came of it.
 */
import type { DataId, TensorInfo } from '@tensorflow/tfjs-core'
import { util } from '@tensorflow/tfjs-core'
import { check } from '../error.ts'
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

const guarded = new WeakSet<object>()

/** Guards a backend instance; a second call does nothing. */
export function guardWebgpu(backend: GuardedBackend): void {
  if (guarded.has(backend)) return
  guarded.add(backend)
  const { device } = backend
  let failure: string | undefined
  device.addEventListener('uncapturederror', (event) => {
    event.preventDefault()
    failure ??= firstLine(event.error)
  })
  void device.lost.then((lost) => {
    failure ??= `the device was lost (${lost.reason}): ${firstLine(lost.message)}`
  })
  const assertSound = (): void => {
    check(
      failure === undefined,
      () =>
        `webgpu: an earlier operation failed, so that no result since is valid: ${failure}. ` +
        'Start again from a saved state.',
    )
  }

  const limit = device.limits.maxStorageBufferBindingSize
  const run = backend.runWebGPUProgram.bind(backend)
  backend.runWebGPUProgram = (program, inputs, ...rest) => {
    assertSound()
    for (const shape of [program.outputShape, ...inputs.map((input) => input.shape)]) {
      const bytes = util.sizeFromShape(shape) * 4
      check(
        bytes <= limit,
        () =>
          `webgpu: a tensor of shape [${shape}] takes ${bytes} bytes; this device binds at most ${limit}. ` +
          'Use a smaller batch or split the tensor.',
      )
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
      // A lost device rejects with an empty message: the guard's says more.
      await Promise.resolve()
      assertSound()
      throw thrown
    }
  }
}
