/**
 * Sums of rows by segment, the gradient of a gather.
 *
 * ONNX Runtime's ScatterND with addition loses updates when indices repeat and it has several threads (its issue
 * 23396), so it is never used. Few segments: a product with the one-hot matrix. Otherwise ScatterElements, whose
 * addition is sequential.
 */
import { sizeOf } from '../element.ts'
import type { Value } from '../graph.ts'
import { int, text } from '../graph.ts'
import { cast, scalar } from './cast.ts'
import { broadcastTo, iota, reshape } from './layout.ts'
import { binary, where } from './pointwise.ts'
import { product } from './product.ts'

/** Up to this many elements of the one-hot matrix, the product is faster than scattering. */
const oneHotElements = 2 ** 22
const oneHotSegments = 256

/**
 * Adds row `i` of `x` `[rows, ...]` to row `ids[i]` of the result `[count, ...]`; ids outside are left out.
 *
 * @param ids int32 `[rows]`
 */
export function segmentSum(x: Value, ids: Value, count: number): Value {
  const { graph, type } = x
  const shape = [count, ...x.shape.slice(1)]
  const rows = x.shape[0] as number
  const width = sizeOf(x.shape.slice(1))
  if (rows === 0 || width === 0 || count === 0) return graph.fill(shape, 0, type)
  const flat = reshape(x, [rows, width])
  if (
    type === 'float32' &&
    width > 1 &&
    count <= oneHotSegments &&
    rows * count <= oneHotElements
  ) {
    return reshape(product(oneHot(ids, count), flat, true, false), shape)
  }
  const outside = binary(
    'Or',
    binary('Less', ids, scalar(ids, 0), 'bool'),
    binary('GreaterOrEqual', ids, scalar(ids, count), 'bool'),
    'bool',
  )
  // One more row takes what is outside.
  const safe = where(outside, scalar(ids, count), ids)
  const index = broadcastTo(reshape(safe, [rows, 1]), [rows, width])
  const scattered = graph.emit(
    'ScatterElements',
    [graph.fill([count + 1, width], 0, type), index, flat],
    { shape: [count + 1, width], type },
    { axis: int(0), reduction: text('add') },
  )
  const ends = [graph.int64([0]), graph.int64([count]), graph.int64([0]), graph.int64([1])]
  const kept = graph.emit('Slice', [scattered, ...ends], { shape: [count, width], type })
  return reshape(kept, shape)
}

/** `[..., depth]` float32: one where the index is, zero elsewhere; an index outside gives zeros. */
export function oneHot(ids: Value, depth: number): Value {
  const column = reshape(ids, [...ids.shape, 1])
  return cast(binary('Equal', column, iota(ids, depth), 'bool'), 'float32')
}
