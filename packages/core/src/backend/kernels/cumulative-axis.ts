/**
 * `Cumsum` and `Cumprod` along a negative axis, on cpu and wasm: the stock kernels take it for a place in the shape. cpu
 * throws for a gradient's shape or gives one without an extent; wasm writes outside its memory and is of no use after.
 */
import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs-core'
import { util } from '@tensorflow/tfjs-core'
import type { Replacement } from './replacement.ts'

export const cumulativeAxis = (backendName: 'cpu' | 'wasm'): readonly Replacement[] =>
  ['Cumsum', 'Cumprod'].map((kernelName) => ({
    kernelName,
    backendName,
    reason: 'a negative axis is taken for a place in the shape',
    make: (stock) => (args) => {
      const { shape } = args.inputs['x'] as TensorInfo
      const attrs = args.attrs as unknown as { readonly axis: number }
      const [axis] = util.parseAxisParam(attrs.axis, shape) as [number]
      return (stock as KernelFunc)({ ...args, attrs: { ...args.attrs, axis } })
    },
  }))
