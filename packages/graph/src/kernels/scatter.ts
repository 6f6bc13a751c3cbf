/** Kernels that put rows at given places. */
import { cast } from '../build/cast.ts'
import { broadcastTo, reshape } from '../build/layout.ts'
import { binary } from '../build/pointwise.ts'
import { reduce } from '../build/reduce.ts'
import { segmentSum } from '../build/segments.ts'
import { sizeOf } from '../element.ts'
import type { Value } from '../graph.ts'
import { int } from '../graph.ts'
import type { Lowering, Lowerings } from '../kernel.ts'

/** Row numbers of places given by coordinates `[count, depth]` in a tensor of shape `shape`. */
function rowNumbers(indices: Value, shape: readonly number[]): Value {
  const { graph } = indices
  const depth = indices.shape[indices.shape.length - 1] as number
  const strides = Int32Array.from({ length: depth }, (_, axis) =>
    sizeOf(shape.slice(axis + 1, depth)),
  )
  const weights = graph.constant(strides, [depth], 'int32')
  const last = indices.shape.length - 1
  return reduce('ReduceSum', binary('Mul', cast(indices, 'int32'), weights), [last], false)
}

/** Rows `[count, width]` written at `rows` of `target`; of equal rows the last one stays. */
function writeRows(target: Value, rows: Value, updates: Value): Value {
  const { shape, type, graph } = target
  const index = broadcastTo(reshape(rows, [rows.shape[0] as number, 1]), updates.shape)
  return graph.emit('ScatterElements', [target, index, updates], { shape, type }, { axis: int(0) })
}

const unsortedSegmentSum: Lowering = (inputs, { numSegments }) => {
  const [x, ids] = [inputs.get('x'), inputs.get('segmentIds')]
  const count = sizeOf(ids.shape)
  const rows = reshape(x, [count, ...x.shape.slice(ids.shape.length)])
  return segmentSum(rows, cast(reshape(ids, [count]), 'int32'), numSegments as number)
}

/** Equal places add up. */
const scatterNd: Lowering = (inputs, attributes, graph) => {
  const [indices, updates] = [inputs.get('indices'), inputs.get('updates')]
  const shape = attributes['shape'] as number[]
  if (sizeOf(shape) === 0 || sizeOf(updates.shape) === 0) return graph.fill(shape, 0, updates.type)
  const depth = indices.shape[indices.shape.length - 1] as number
  const count = sizeOf(indices.shape) / depth
  const width = sizeOf(shape.slice(depth))
  const rows = reshape(rowNumbers(indices, shape), [count])
  return reshape(
    segmentSum(reshape(updates, [count, width]), rows, sizeOf(shape.slice(0, depth))),
    shape,
  )
}

const tensorScatterUpdate: Lowering = (inputs) => {
  const [x, indices, updates] = [inputs.get('tensor'), inputs.get('indices'), inputs.get('updates')]
  const depth = indices.shape[indices.shape.length - 1] as number
  const count = sizeOf(indices.shape) / depth
  const width = sizeOf(x.shape.slice(depth))
  if (count * width === 0) return x
  const rows = reshape(rowNumbers(indices, x.shape), [count])
  const target = reshape(x, [sizeOf(x.shape) / width, width])
  return reshape(writeRows(target, rows, reshape(updates, [count, width])), x.shape)
}

const sparseToDense: Lowering = (inputs, { outputShape }) => {
  const indices = inputs.get('sparseIndices')
  const values = inputs.get('sparseValues')
  const base = inputs.get('defaultValue')
  const depth =
    indices.shape.length > 1 ? (indices.shape[1] as number) : (outputShape as number[]).length
  const count =
    indices.shape.length === 0
      ? 1
      : indices.shape.length === 1 && depth > 1
        ? 1
        : (indices.shape[0] as number)
  const size = sizeOf(outputShape)
  const rows = reshape(rowNumbers(reshape(indices, [count, depth]), outputShape), [count])
  const target = broadcastTo(reshape(cast(base, values.type), [1, 1]), [size, 1])
  const updates = broadcastTo(reshape(values, [sizeOf(values.shape), 1]), [count, 1])
  return reshape(writeRows(target, rows, updates), outputShape)
}

const gatherNd: Lowering = (inputs, _, graph) => {
  const [x, indices] = [inputs.get('params'), inputs.get('indices')]
  const depth = indices.shape[indices.shape.length - 1] as number
  const shape = [...indices.shape.slice(0, -1), ...x.shape.slice(depth)]
  return graph.emit('GatherND', [x, cast(indices, 'int64')], { shape, type: x.type })
}

/** How many elements of a sorted row lie before each value. */
const searchSorted: Lowering = (inputs, { side }) => {
  const [sorted, values] = [inputs.get('sortedSequence'), inputs.get('values')]
  const [rows, length] = sorted.shape as [number, number]
  const count = values.shape[1] as number
  const row = reshape(sorted, [rows, 1, length])
  const column = reshape(cast(values, sorted.type), [rows, count, 1])
  const before = binary(side === 'left' ? 'Less' : 'LessOrEqual', row, column, 'bool')
  return reduce('ReduceSum', cast(before, 'int32'), [2], false)
}

export const scatterKernels: Lowerings = {
  UnsortedSegmentSum: unsortedSegmentSum,
  ScatterNd: scatterNd,
  TensorScatterUpdate: tensorScatterUpdate,
  SparseToDense: sparseToDense,
  GatherNd: gatherNd,
  SearchSorted: searchSorted,
}
