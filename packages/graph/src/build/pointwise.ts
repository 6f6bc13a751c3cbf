/**
 * Elementwise operators, with the rewrites that pay when a node is made: uniform values are computed at once, neutral
 * elements vanish, and a transpose moves behind the operator so that it meets its inverse.
 */
import type { ElementType } from '../element.ts'
import { sameShape, sizeOf } from '../element.ts'
import type { Attributes, Value } from '../graph.ts'
import { foldBinary, foldUnary, isNeutral } from '../rewrite/fold.ts'
import { alignTransposes, transposedSource } from '../rewrite/transposes.ts'
import { broadcastTo, reshape, transpose } from './layout.ts'

/** The shape of elementwise operators' results. */
export function broadcastShape(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length)
  return Array.from({ length: rank }, (_, axis) => {
    const x = a[axis - rank + a.length] ?? 1
    const y = b[axis - rank + b.length] ?? 1
    return x === 1 ? y : x
  })
}

/** An operator of one operand that keeps the shape. */
export function unary(
  op: string,
  x: Value,
  attributes: Attributes = {},
  type: ElementType = x.type,
): Value {
  if (x.fill !== undefined) {
    const folded = foldUnary(op, x.fill, attributes)
    if (folded !== undefined) return x.graph.fill(x.shape, folded, type)
  }
  const moved = transposedSource(x)
  if (moved !== undefined) return transpose(unary(op, moved.source, attributes, type), moved.perm)
  return x.graph.emit(op, [x], { shape: x.shape, type }, attributes)
}

/** An operator of two operands that are broadcast against each other. */
export function binary(
  op: string,
  a: Value,
  b: Value,
  type: ElementType = a.type,
  attributes: Attributes = {},
): Value {
  const shape = broadcastShape(a.shape, b.shape)
  if (sizeOf(shape) === 0) return a.graph.fill(shape, 0, type)
  if (a.fill !== undefined && b.fill !== undefined) {
    const folded = foldBinary(op, a.fill, b.fill, type)
    if (folded !== undefined) return a.graph.fill(shape, folded, type)
  }
  if (type === a.type) {
    if (isNeutral(op, b.fill, 'right')) return broadcastTo(a, shape)
    if (isNeutral(op, a.fill, 'left')) return broadcastTo(b, shape)
  }
  const left = shrink(a, b, shape)
  const right = shrink(b, left, shape)
  const aligned = alignTransposes([left, right], shape)
  if (aligned !== undefined) {
    const [x, y] = aligned.values as [Value, Value]
    return transpose(binary(op, x, y, type, attributes), aligned.perm)
  }
  return a.graph.emit(op, [left, right], { shape, type }, attributes)
}

/** `condition ? yes : no`, broadcast. */
export function where(condition: Value, yes: Value, no: Value): Value {
  const { graph } = condition
  const shape = broadcastShape(condition.shape, broadcastShape(yes.shape, no.shape))
  if (condition.fill !== undefined) return broadcastTo(condition.fill === 0 ? no : yes, shape)
  const x =
    sameShape(condition.shape, shape) && yes.fill !== undefined
      ? graph.fill([], yes.fill, yes.type)
      : yes
  const y =
    sameShape(condition.shape, shape) && no.fill !== undefined
      ? graph.fill([], no.fill, no.type)
      : no
  const aligned = alignTransposes([condition, x, y], shape)
  if (aligned !== undefined) {
    const [c, p, q] = aligned.values as [Value, Value, Value]
    return transpose(where(c, p, q), aligned.perm)
  }
  if (yes.type === 'bool') {
    // ONNX Runtime has no Where for booleans.
    const kept = binary('And', condition, x, 'bool')
    return binary('Or', kept, binary('And', unary('Not', condition), y, 'bool'), 'bool')
  }
  return graph.emit('Where', [condition, x, y], { shape, type: yes.type })
}

/** A uniform value stands as a scalar where the other operand already has the full shape. */
function shrink(value: Value, other: Value, shape: readonly number[]): Value {
  if (value.fill === undefined || value.shape.length === 0) return value
  if (sameShape(other.shape, shape)) return value.graph.fill([], value.fill, value.type)
  return value
}

/** Adds axes of size one in front. */
export function padRank(x: Value, rank: number): Value {
  const missing = rank - x.shape.length
  return missing <= 0 ? x : reshape(x, [...new Array<number>(missing).fill(1), ...x.shape])
}
