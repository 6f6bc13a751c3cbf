/**
 * `UnsortedSegmentSum` on webgpu: an id of `numSegments` or more is taken modulo `numSegments` and added to a segment
 * that it does not belong to. Such ids become -1, which the stock kernel leaves out.
 */

import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs-core'
import { util } from '@tensorflow/tfjs-core'
import { composite } from './kernel-run.ts'
import type { Replacement } from './replacement.ts'

export const webgpuSegmentSum: Replacement = {
  kernelName: 'UnsortedSegmentSum',
  backendName: 'webgpu',
  reason: 'an id past the last segment is added to another segment',
  make: (stock) => (args) => {
    const x = args.inputs['x'] as TensorInfo
    const ids = args.inputs['segmentIds'] as TensorInfo
    const { numSegments } = args.attrs as unknown as { numSegments: number }
    if (util.sizeFromShape(ids.shape) === 0) return (stock as KernelFunc)(args)
    return composite('webgpu', args.backend, (run) => {
      const constant = (value: number): TensorInfo =>
        run.call('Fill', {}, { shape: ids.shape, value, dtype: 'int32' })
      const inside = run.call('Less', { a: ids, b: constant(numSegments) })
      const kept = run.call('Select', { condition: inside, t: ids, e: constant(-1) })
      return run.apply(stock as KernelFunc, { x, segmentIds: kept }, args.attrs as object)
    })
  },
}
