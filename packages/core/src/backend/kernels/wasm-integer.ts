/**
 * int32 on wasm: some stock kernels go through float32 (exact only up to 2^24), others read the bits of an integer as if
 * they were a float.
 */
import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs-core'
import { broadcastBinary, broadcastShape } from './broadcast.ts'
import type { WasmHandle } from './kernel-run.ts'
import type { Replacement } from './replacement.ts'

export type UnaryOfAttrs = (attrs: unknown) => (value: number) => number

const same: UnaryOfAttrs = () => (value) => value

/** What each kernel does to one integer; the result is cut to a whole number, as on cpu. */
const unary: Readonly<Record<string, UnaryOfAttrs>> = {
  Neg: () => (value) => -value,
  Floor: same,
  Ceil: same,
  Round: same,
  IsNan: () => () => 0,
  Step: () => (value) => (value > 0 ? 1 : 0),
  Reciprocal: () => (value) => 1 / value,
  Tanh: () => Math.tanh,
  Elu: () => (value) => (value >= 0 ? value : Math.exp(value) - 1),
}

/** The stock kernel, and `ofAttrs(attrs)` of each element where x is int32. */
export const integerUnary =
  (kernelName: string, ofAttrs: UnaryOfAttrs) =>
  (stock: KernelFunc | undefined): KernelFunc =>
  (args) => {
    const x = args.inputs['x'] as TensorInfo
    if (x.dtype !== 'int32') return (stock as KernelFunc)(args)
    const wasm = args.backend as WasmHandle
    const out = wasm.makeOutput(x.shape, kernelName === 'IsNan' ? 'bool' : 'int32')
    const values = wasm.typedArrayFromHeap(x)
    const results = wasm.typedArrayFromHeap(out)
    const fn = ofAttrs(args.attrs)
    for (let i = 0; i < values.length; i++) results[i] = fn(values[i] as number)
    return out
  }

const floorDivision: Replacement = {
  kernelName: 'FloorDiv',
  backendName: 'wasm',
  reason: 'int32 is divided in float32, exact only up to 2^24; floats give float32, on cpu int32',
  make: () => (args) => {
    const a = args.inputs['a'] as TensorInfo
    const b = args.inputs['b'] as TensorInfo
    const wasm = args.backend as WasmHandle
    const shape = broadcastShape(a.shape, b.shape)
    const out = wasm.makeOutput(shape, 'int32')
    broadcastBinary(
      { values: wasm.typedArrayFromHeap(a), shape: a.shape },
      { values: wasm.typedArrayFromHeap(b), shape: b.shape },
      shape,
      wasm.typedArrayFromHeap(out),
      (dividend, divisor) => Math.floor(dividend / divisor),
    )
    return out
  },
}

export const wasmInteger: readonly Replacement[] = [
  ...Object.entries(unary).map(([kernelName, ofAttrs]) => ({
    kernelName,
    backendName: 'wasm',
    reason: 'int32 goes through float32, or its bits are read as a float',
    make: integerUnary(kernelName, ofAttrs),
  })),
  floorDivision,
]
