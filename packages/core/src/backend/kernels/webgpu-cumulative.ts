/**
 * `Cumsum` and `Cumprod` on webgpu from the end: the shader has the extent of the axis written into it, but not into
 * the key under which it is kept. A second tensor of another extent runs the first one's shader. From the start none is
 * written; so the tensor is turned round, and the result back. The axis is made the last of two: a shader takes four at
 * most, and the stock kernel's own transpose is refused for int32. A negative axis is counted from the end, where the
 * stock kernel takes it for a place in the shape.
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
    const [axis] = util.parseAxisParam(attrs.axis, x.shape) as [number]
    return composite('webgpu', args.backend, (run) => {
      const outer = util.sizeFromShape(x.shape.slice(0, axis))
      const inner = util.sizeFromShape(x.shape.slice(axis + 1))
      const extent = x.shape[axis] as number
      const swap = (y: TensorInfo, middle: number, last: number): TensorInfo =>
        inner === 1
          ? y
          : run.call('Transpose', { x: run.reshape(y, [outer, middle, last]) }, { perm: [0, 2, 1] })
      const turn = (y: TensorInfo): TensorInfo =>
        attrs.reverse ? run.call('Reverse', { x: y }, { dims: [1] }) : y
      const rows = run.reshape(swap(x, extent, inner), [outer * inner, extent])
      const forward = { ...attrs, axis: 1, reverse: false }
      const sums = turn(run.apply(stock as KernelFunc, { x: turn(rows) }, forward))
      return run.reshape(swap(sums, inner, extent), x.shape)
    })
  },
}))
