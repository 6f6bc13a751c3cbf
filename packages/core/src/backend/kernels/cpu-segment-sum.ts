/**
 * `UnsortedSegmentSum` on cpu: the stock kernel multiplies the whole input by a mask once for every segment. This one
 * goes through the rows once, as the one for wasm does.
 */

import type { DataId, TensorInfo, TypedArray } from '@tensorflow/tfjs-core'
import { util } from '@tensorflow/tfjs-core'
import type { Replacement } from './replacement.ts'
import { addRows } from './segment-sum.ts'

interface CpuHandle {
  readonly data: { get(dataId: DataId): { values: TypedArray } }
  makeTensorInfo(shape: number[], dtype: TensorInfo['dtype'], values: TypedArray): TensorInfo
}

export const cpuSegmentSum: Replacement = {
  kernelName: 'UnsortedSegmentSum',
  backendName: 'cpu',
  reason: 'multiplies the whole input by a mask once for every segment',
  make:
    () =>
    ({ inputs, attrs, backend }) => {
      const x = inputs['x'] as TensorInfo
      const segmentIds = inputs['segmentIds'] as TensorInfo
      const { numSegments } = attrs as unknown as { numSegments: number }
      const { data, makeTensorInfo } = backend as CpuHandle
      const shape = [numSegments, ...x.shape.slice(segmentIds.shape.length)]
      const size = util.sizeFromShape(shape)
      const sums = x.dtype === 'int32' ? new Int32Array(size) : new Float32Array(size)
      addRows(data.get(x.dataId).values, data.get(segmentIds.dataId).values, sums, numSegments)
      const dtype = x.dtype === 'int32' ? 'int32' : 'float32'
      return makeTensorInfo.call(backend, shape, dtype, sums)
    },
}
