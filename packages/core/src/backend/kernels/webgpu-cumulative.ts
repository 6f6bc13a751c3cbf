/**
 * `Cumsum` and `Cumprod` on webgpu from the end: the shader has the extent of the axis written into it, but not into
 * the key under which it is kept. A second tensor of another extent runs the first one's shader. From the start none is
 * written; so the tensor is turned round, and the result back. A negative axis, taken for a place in the shape, is counted
 * from the end.
 */
import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs-core'
import { util } from '@tensorflow/tfjs-core'
import { composite } from './kernel-run.ts'
import type { Replacement } from './replacement.ts'

interface CumulativeAttrs {
  readonly axis: number
  readonly exclusive: boolean
  readonly reverse: boolean
}

export const webgpuCumulative: readonly Replacement[] = ['Cumsum', 'Cumprod'].map((kernelName) => ({
  kernelName,
  backendName: 'webgpu',
  reason: 'from the end, a tensor of another extent runs the shader of the first',
  make: (stock) => (args) => {
    const x = args.inputs['x'] as TensorInfo
    const attrs = args.attrs as unknown as CumulativeAttrs
    const dims = util.parseAxisParam(attrs.axis, x.shape)
    const axis = dims[0] as number
    if (!attrs.reverse) return (stock as KernelFunc)({ ...args, attrs: { ...args.attrs, axis } })
    return composite('webgpu', args.backend, (run) => {
      const turned = run.call('Reverse', { x }, { dims })
      const sums = run.apply(stock as KernelFunc, { x: turned }, { ...attrs, axis, reverse: false })
      return run.call('Reverse', { x: sums }, { dims })
    })
  },
}))
