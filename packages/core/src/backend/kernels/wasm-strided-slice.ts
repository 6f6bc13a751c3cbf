/**
 * `StridedSlice` of int32 and bool on wasm: the stock kernel calls its result float32, so that whole numbers are read as
 * the bits of a float.
 */

import type { KernelFunc, TensorInfo, TypedArray } from '@tensorflow/tfjs-core'
import { slice_util, util } from '@tensorflow/tfjs-core'
import type { WasmHandle } from './kernel-run.ts'
import type { Replacement } from './replacement.ts'

interface StridedSliceAttrs {
  readonly begin: number[]
  readonly end: number[]
  readonly strides: number[]
  readonly beginMask: number
  readonly endMask: number
  readonly ellipsisMask: number
  readonly newAxisMask: number
  readonly shrinkAxisMask: number
}

export const wasmStridedSlice: Replacement = {
  kernelName: 'StridedSlice',
  backendName: 'wasm',
  reason: 'int32 and bool come back as float32 with the same bits',
  make: (stock) => (args) => {
    const x = args.inputs['x'] as TensorInfo
    if (x.dtype === 'float32') return (stock as KernelFunc)(args)
    const attrs = args.attrs as unknown as StridedSliceAttrs
    const { finalShape, begin, end, strides } = slice_util.sliceInfo(
      x.shape,
      attrs.begin,
      attrs.end,
      attrs.strides,
      attrs.beginMask,
      attrs.endMask,
      attrs.ellipsisMask,
      attrs.newAxisMask,
      attrs.shrinkAxisMask,
    )
    const wasm = args.backend as WasmHandle
    const out = wasm.makeOutput(finalShape, x.dtype)
    const source = wasm.typedArrayFromHeap(x)
    const target = wasm.typedArrayFromHeap(out)
    // All axes of x: finalShapeSparse leaves out those that shrinkAxisMask takes away.
    const shape = begin.map((first, axis) =>
      Math.max(0, Math.ceil((end[axis]! - first) / strides[axis]!)),
    )
    pick(source, x.shape, begin, strides, shape, target)
    return out
  },
}

/** Copies the elements at `begin + strides · place` for every place in `shape`. */
function pick(
  source: TypedArray,
  sourceShape: number[],
  begin: number[],
  strides: number[],
  shape: number[],
  target: TypedArray,
): void {
  // computeStrides leaves out the last axis, whose step is 1.
  const steps = [...util.computeStrides(sourceShape), 1]
  const place = new Array<number>(shape.length).fill(0)
  for (let i = 0; i < target.length; i++) {
    let from = 0
    for (let axis = 0; axis < shape.length; axis++) {
      from += (begin[axis]! + place[axis]! * strides[axis]!) * steps[axis]!
    }
    target[i] = source[from] as number
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      if (++place[axis]! < shape[axis]!) break
      place[axis] = 0
    }
  }
}
