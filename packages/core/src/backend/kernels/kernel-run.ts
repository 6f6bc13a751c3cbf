/**
 * A composite kernel: one kernel made of others, run below the engine on the backend's own handles. Intermediate
 * results are released at the end, the result excepted.
 */

import type {
  DataId,
  KernelFunc,
  NamedAttrMap,
  TensorInfo,
  TypedArray,
} from '@tensorflow/tfjs-core'
import { getKernel } from '@tensorflow/tfjs-core'
import { check } from '../../error.ts'

/** What composite kernels ask of a backend: wasm, webgpu and cpu all have it. */
export interface KernelBackendHandle {
  disposeData(dataId: DataId, force?: boolean): boolean
  incRef(dataId: DataId): void
}

/** The part of tfjs's wasm backend used here. Allocate first, then take views: a growing heap detaches them. */
export interface WasmHandle extends KernelBackendHandle {
  makeOutput(shape: number[], dtype: TensorInfo['dtype']): TensorInfo
  typedArrayFromHeap(info: TensorInfo): TypedArray
}

export type Inputs = Readonly<Record<string, TensorInfo | undefined>>

export class KernelRun<B extends KernelBackendHandle = KernelBackendHandle> {
  readonly backend: B
  readonly #backendName: string
  readonly #results: TensorInfo[] = []

  constructor(backendName: string, backend: unknown) {
    this.#backendName = backendName
    this.backend = backend as B
  }

  /** Runs the registered kernel of that name; the result is released by {@link finish}. */
  call(kernelName: string, inputs: Inputs, attrs: object = {}): TensorInfo {
    const kernel = getKernel(kernelName, this.#backendName)
    check(kernel != null, () => `The backend '${this.#backendName}' has no kernel '${kernelName}'.`)
    return this.apply(kernel.kernelFunc, inputs, attrs)
  }

  /** Runs a kernel function, as {@link call} does. */
  apply(kernelFunc: KernelFunc, inputs: Inputs, attrs: object = {}): TensorInfo {
    const result = kernelFunc({
      inputs: inputs as Record<string, TensorInfo>,
      backend: this.backend,
      attrs: attrs as NamedAttrMap,
    }) as TensorInfo
    this.#results.push(result)
    return result
  }

  /** Takes over a handle made by the caller, to be released with the others. */
  own(info: TensorInfo): TensorInfo {
    this.#results.push(info)
    return info
  }

  /** The same values under another shape. */
  reshape(x: TensorInfo, shape: number[]): TensorInfo {
    return this.call('Reshape', { x }, { shape })
  }

  /** Releases all results but `result`, which goes to the engine. */
  finish(result: TensorInfo): TensorInfo {
    this.backend.incRef(result.dataId)
    this.release()
    return result
  }

  /** Releases all results. */
  release(): void {
    for (const info of this.#results) this.backend.disposeData(info.dataId)
    this.#results.length = 0
  }
}

/** Runs `body` with a fresh {@link KernelRun} and releases its intermediate results, also when it throws. */
export function composite<B extends KernelBackendHandle = KernelBackendHandle>(
  backendName: string,
  backend: unknown,
  body: (run: KernelRun<B>) => TensorInfo,
): TensorInfo {
  const run = new KernelRun<B>(backendName, backend)
  let result: TensorInfo
  try {
    result = body(run)
  } catch (thrown) {
    run.release()
    throw thrown
  }
  return run.finish(result)
}
