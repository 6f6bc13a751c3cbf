/** Kernels that move values: joining, cutting, padding, tiling, gathering. */
import type { TensorInfo } from '@tensorflow/tfjs-core'
import { backend_util as backendUtil, slice_util as sliceUtil } from '@tensorflow/tfjs-core'
import { cast } from '../build/cast.ts'
import { broadcastTo, concat, gather, pad, reshape, slice, transpose } from '../build/layout.ts'
import { normalizeAxes } from '../build/reduce.ts'
import { sizeOf } from '../element.ts'
import type { Value } from '../graph.ts'
import { int } from '../graph.ts'
import type { Lowering, Lowerings } from '../kernel.ts'

const first = (axes: number[]): number => axes[0] as number

const concatKernel: Lowering = ({ all }, { axis }) => {
  const [head] = all as [Value]
  const at = first(normalizeAxes((axis ?? 0) as number, head.shape.length))
  return concat(
    all.map((value) => cast(value, head.type)),
    at,
  )
}

const pack: Lowering = ({ all }, { axis }) => {
  const rank = (all[0] as Value).shape.length + 1
  const at = first(normalizeAxes((axis ?? 0) as number, rank))
  return concat(
    all.map((value) => reshape(value, [...value.shape.slice(0, at), 1, ...value.shape.slice(at)])),
    at,
  )
}

/** Pieces of the given sizes along an axis. */
function split(x: Value, sizes: readonly number[], axis: number): Value[] {
  if (sizes.length === 1) return [x]
  const shapes = sizes.map((size) => x.shape.map((n, index) => (index === axis ? size : n)))
  if (x.fill !== undefined || shapes.some((shape) => sizeOf(shape) === 0)) {
    let at = 0
    return shapes.map((shape, index) => {
      const begin = x.shape.map((_, i) => (i === axis ? at : 0))
      at += sizes[index] as number
      return slice(x, begin, shape)
    })
  }
  const outputs = shapes.map((shape) => ({ shape, type: x.type }))
  return [...x.graph.emitMany('Split', [x, x.graph.int64(sizes)], outputs, { axis: int(axis) })]
}

const splitKernel: Lowering = (inputs, { numOrSizeSplits, axis }) => {
  const x = inputs.get('x')
  const at = first(normalizeAxes((axis ?? 0) as number, x.shape.length))
  return split(x, backendUtil.prepareSplitSize(like(x.shape), numOrSizeSplits, at), at)
}

const unpack: Lowering = (inputs, { axis }) => {
  const x = inputs.get('value')
  const at = first(normalizeAxes((axis ?? 0) as number, x.shape.length))
  const count = x.shape[at] as number
  const shape = x.shape.filter((_, index) => index !== at)
  return split(x, new Array<number>(count).fill(1), at).map((piece) => reshape(piece, shape))
}

/** What tfjs's slice helpers read of a tensor. */
function like(shape: readonly number[]): TensorInfo & { rank: number } {
  const { dataId, dtype } = { dataId: {}, dtype: 'float32' as const }
  return { dataId, dtype, shape: [...shape], rank: shape.length }
}

/** Begin and size of a slice, complete. */
function sliceBox(
  shape: readonly number[],
  begin: number | readonly number[],
  size: number | readonly number[] | undefined,
): [number[], number[]] {
  const box = sliceUtil.parseSliceParams(like(shape), begin as number[], size as number[])
  return [box[0] as number[], box[1] as number[]]
}

const sliceKernel: Lowering = (inputs, attributes) => {
  const x = inputs.get('x')
  const [begin, size] = sliceBox(x.shape, attributes['begin'], attributes['size'])
  sliceUtil.assertParamsValid(like(x.shape), begin, size)
  return slice(x, begin, size)
}

const stridedSlice: Lowering = (inputs, attributes) => {
  const x = inputs.get('x')
  const info = sliceUtil.sliceInfo(
    [...x.shape],
    attributes['begin'],
    attributes['end'],
    attributes['strides'],
    attributes['beginMask'],
    attributes['endMask'],
    attributes['ellipsisMask'],
    attributes['newAxisMask'],
    attributes['shrinkAxisMask'],
  )
  if (info.finalShapeSparse.some((size) => size === 0))
    return x.graph.fill(info.finalShape, 0, x.type)
  if (info.isIdentity) return reshape(x, info.finalShape)
  const size = sliceUtil.computeOutShape(info.begin, info.end, info.strides)
  return reshape(slice(x, info.begin, size, info.strides), info.finalShape)
}

const padKernel: Lowering = (inputs, { paddings, constantValue }) =>
  pad(inputs.get('x'), paddings, (constantValue ?? 0) as number)

/** Mirrored borders are gathered: ONNX has no symmetric padding. */
const mirrorPad: Lowering = (inputs, { paddings, mode }, graph) => {
  let x = inputs.get('x')
  const offset = mode === 'reflect' ? 0 : 1
  for (const [axis, [before, after]] of (paddings as [number, number][]).entries()) {
    if (before === 0 && after === 0) continue
    const size = x.shape[axis] as number
    const index = Int32Array.from({ length: before + size + after }, (_, at) => {
      const from = at - before
      if (from < 0) return -from - offset
      return from < size ? from : 2 * (size - 1) - from + offset
    })
    x = gather(x, graph.constant(index, [index.length], 'int32'), axis)
  }
  return x
}

const reverse: Lowering = (inputs, { dims }) => {
  const x = inputs.get('x')
  const axes = x.shape.length === 0 ? [] : normalizeAxes(dims as number[], x.shape.length)
  const begin = x.shape.map((size, axis) => (axes.includes(axis) ? size - 1 : 0))
  const strides = x.shape.map((size, axis) => (axes.includes(axis) && size > 1 ? -1 : 1))
  return sizeOf(x.shape) === 0
    ? x
    : slice(
        x,
        begin.map((n, i) => (strides[i] === 1 ? 0 : n)),
        x.shape,
        strides,
      )
}

/** Gathering in each batch is gathering rows of the whole, at indices that are moved to the batch's rows. */
const gatherKernel: Lowering = (inputs, attributes, graph) => {
  const x = inputs.get('x')
  const indices = cast(inputs.get('indices'), 'int32')
  const at = first(normalizeAxes(attributes['axis'] as number, x.shape.length))
  const batchDims = (attributes['batchDims'] ?? 0) as number
  const batchShape = x.shape.slice(0, batchDims)
  const outer = x.shape.slice(batchDims, at)
  const size = x.shape[at] as number
  const inner = x.shape.slice(at + 1)
  const picked = indices.shape.slice(batchDims)
  const shape = [...batchShape, ...outer, ...picked, ...inner]
  if (sizeOf(shape) === 0) return graph.fill(shape, 0, x.type)
  if (batchDims === 0) return gather(x, indices, at)
  const [batches, width, count] = [sizeOf(batchShape), sizeOf(outer), sizeOf(picked)]
  const rows = batches * width
  const offsets = Int32Array.from({ length: rows }, (_, row) => row * size)
  const flat = broadcastTo(reshape(indices, [batches, 1, count]), [batches, width, count])
  const moved = graph.emit(
    'Add',
    [reshape(flat, [rows, count]), graph.constant(offsets, [rows, 1], 'int32')],
    { shape: [rows, count], type: 'int32' },
  )
  return reshape(gather(reshape(x, [rows * size, sizeOf(inner)]), moved, 0), shape)
}

const topK: Lowering = (inputs, { k, sorted }, graph) => {
  const x = inputs.get('x')
  const shape = [...x.shape.slice(0, -1), k as number]
  if (sizeOf(shape) === 0) return [graph.fill(shape, 0, x.type), graph.fill(shape, 0, 'int32')]
  const outputs = [
    { shape, type: x.type },
    { shape, type: 'int64' as const },
  ]
  const attributes = { axis: int(-1), largest: int(1), sorted: int(Number(sorted !== false)) }
  const [values, index] = graph.emitMany('TopK', [x, graph.int64([k])], outputs, attributes)
  return [values as Value, cast(index as Value, 'int32')]
}

const broadcast: Lowering = (inputs, { shape }) => broadcastTo(inputs.get('x'), shape)

const spaceToBatch: Lowering = (inputs, { blockShape, paddings }) => {
  const x = inputs.get('x')
  const blocks = sizeOf(blockShape)
  const all = [[0, 0], ...paddings] as [number, number][]
  while (all.length < x.shape.length) all.push([0, 0])
  const padded = pad(x, all)
  const reshaped = backendUtil.getReshaped([...padded.shape], blockShape, blocks, false)
  const perm = backendUtil.getPermuted(reshaped.length, blockShape.length, false)
  const shape = backendUtil.getReshapedPermuted([...padded.shape], blockShape, blocks, false)
  return reshape(transpose(reshape(padded, reshaped), perm), shape)
}

const batchToSpace: Lowering = (inputs, { blockShape, crops }) => {
  const x = inputs.get('x')
  const blocks = sizeOf(blockShape)
  const reshaped = backendUtil.getReshaped([...x.shape], blockShape, blocks)
  const perm = backendUtil.getPermuted(reshaped.length, blockShape.length)
  const shape = backendUtil.getReshapedPermuted([...x.shape], blockShape, blocks)
  const begin = backendUtil.getSliceBeginCoords(crops, blockShape.length)
  const size = backendUtil.getSliceSize(shape, crops, blockShape.length)
  const [from, extent] = sliceBox(shape, begin, size)
  return slice(reshape(transpose(reshape(x, reshaped), perm), shape), from, extent)
}

const depthToSpace: Lowering = (inputs, { blockSize }) => {
  const x = inputs.get('x')
  const [n, h, w, c] = x.shape as [number, number, number, number]
  const depth = c / blockSize ** 2
  const cut = reshape(x, [n, h, w, blockSize, blockSize, depth])
  return reshape(transpose(cut, [0, 1, 3, 2, 4, 5]), [n, h * blockSize, w * blockSize, depth])
}

const flipLeftRight: Lowering = (inputs, _, graph) => {
  const x = inputs.get('image')
  const width = x.shape[2] as number
  const index = Int32Array.from({ length: width }, (__, at) => width - 1 - at)
  return gather(x, graph.constant(index, [width], 'int32'), 2)
}

export const layoutKernels: Lowerings = {
  Concat: concatKernel,
  Pack: pack,
  SplitV: splitKernel,
  Unpack: unpack,
  Slice: sliceKernel,
  StridedSlice: stridedSlice,
  PadV2: padKernel,
  MirrorPad: mirrorPad,
  Reverse: reverse,
  GatherV2: gatherKernel,
  TopK: topK,
  BroadcastTo: broadcast,
  SpaceToBatchND: spaceToBatch,
  BatchToSpaceND: batchToSpace,
  DepthToSpace: depthToSpace,
  FlipLeftRight: flipLeftRight,
}
