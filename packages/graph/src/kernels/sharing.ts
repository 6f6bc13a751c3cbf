/** Kernels that share their input's data: nothing is recorded until somebody needs the new shape. */
import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs-core'
import { util } from '@tensorflow/tfjs-core'
import type { GraphBackend } from '../backend.ts'
import { cast } from '../build/cast.ts'
import { reshape as reshaped } from '../build/layout.ts'
import type { ElementType } from '../element.ts'

type NamedInputs = Readonly<Record<string, TensorInfo>>

function share(given: unknown, x: TensorInfo, shape: readonly number[]): TensorInfo {
  const backend = given as GraphBackend
  if (backend.isForeign(x.dataId)) return backend.infoOf(reshaped(backend.value(x), shape))
  backend.incRef(x.dataId)
  return { dataId: x.dataId, shape: [...shape], dtype: x.dtype }
}

const identity: KernelFunc = ({ inputs, backend }) => {
  const { x } = inputs as { x: TensorInfo }
  return share(backend, x, x.shape)
}

const reshape: KernelFunc = ({ inputs, attrs, backend }) => {
  const { x } = inputs as { x: TensorInfo }
  const size = util.sizeFromShape(x.shape)
  const shape = util.inferFromImplicitShape((attrs as { shape: number[] }).shape, size)
  util.assert(
    util.sizeFromShape(shape) === size,
    () =>
      `reshape: the new shape [${shape}] must have as many elements as the old one [${x.shape}]`,
  )
  return share(backend, x, shape)
}

const expandDims: KernelFunc = ({ inputs, attrs, backend }) => {
  const { input } = inputs as NamedInputs as { input: TensorInfo }
  const { dim } = attrs as { dim: number }
  const shape = [...input.shape]
  shape.splice(dim < 0 ? dim + shape.length + 1 : dim, 0, 1)
  return share(backend, input, shape)
}

const castKernel: KernelFunc = ({ inputs, attrs, backend: given }) => {
  const { x } = inputs as { x: TensorInfo }
  const { dtype } = attrs as { dtype: string }
  if (dtype === x.dtype) return share(given, x, x.shape)
  const backend = given as GraphBackend
  return backend.infoOf(cast(backend.value(x), dtype as ElementType))
}

export const sharingKernels: Readonly<Record<string, KernelFunc>> = {
  Identity: identity,
  Reshape: reshape,
  ExpandDims: expandDims,
  Cast: castKernel,
}
