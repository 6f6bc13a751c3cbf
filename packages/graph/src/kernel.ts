/** How a tfjs kernel is described: from values of a graph to values of a graph. */
import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs-core'
import { getKernel, registerKernel, unregisterKernel } from '@tensorflow/tfjs-core'
import type { GraphBackend } from './backend.ts'
import type { Graph, Value } from './graph.ts'

/** Inputs by tfjs's names; kernels with a list of inputs find it in `all`. */
export interface KernelInputs {
  readonly all: readonly Value[]
  get(name: string): Value
  /** An input that may be absent. */
  find(name: string): Value | undefined
}

/** Infers the result's shape and type and records the ONNX operators that compute it. */
export type Lowering = (
  inputs: KernelInputs,
  attributes: KernelAttributes,
  graph: Graph,
) => Value | readonly Value[]

/** Attributes as tfjs gives them; each lowering knows the types of its own. */
// biome-ignore lint/suspicious/noExplicitAny: tfjs types attributes per kernel, and only in its own signatures.
export type KernelAttributes = Readonly<Record<string, any>>

/** Kernels by tfjs's names. */
export type Lowerings = Readonly<Record<string, Lowering>>

/** Makes a tfjs kernel of a lowering. */
export function kernelFunction(lowering: Lowering): KernelFunc {
  return ({ inputs, attrs, backend: given }) => {
    const backend = given as GraphBackend
    const named = inputs as Record<string, TensorInfo | undefined>
    const value = (info: TensorInfo): Value => backend.value(info)
    const find = (name: string): Value | undefined => {
      const info = named[name]
      return info === undefined || info === null ? undefined : value(info)
    }
    const result = lowering(
      {
        get all() {
          return Object.values(named).map((info) => value(info as TensorInfo))
        },
        get: (name) => find(name) as Value,
        find,
      },
      (attrs ?? {}) as KernelAttributes,
      backend.graph,
    )
    return Array.isArray(result)
      ? backend.infosOf(result as readonly Value[])
      : backend.infoOf(result as Value)
  }
}

/** Registers kernels for a backend; those that are already this package's are left alone. */
export function registerKernelFunctions(
  backendName: string,
  kernels: Readonly<Record<string, KernelFunc>>,
): void {
  for (const [kernelName, kernelFunc] of Object.entries(kernels)) {
    const known = getKernel(kernelName, backendName)
    if (known?.kernelFunc === kernelFunc) continue
    if (known !== undefined && known !== null) unregisterKernel(kernelName, backendName)
    registerKernel({ kernelName, backendName, kernelFunc })
  }
}
