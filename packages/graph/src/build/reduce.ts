/** Reductions over axes, and what is built from them. */
import type { ElementType } from '../element.ts'
import { sizeOf } from '../element.ts'
import type { Attributes, Value } from '../graph.ts'
import { int } from '../graph.ts'
import { winnowDomain } from '../onnx/lower.ts'
import { transposedSource } from '../rewrite/transposes.ts'
import { reshape, transpose } from './layout.ts'

const ofNothing: Readonly<Record<string, number>> = {
  ReduceSum: 0,
  ReduceProd: 1,
  ReduceMean: Number.NaN,
  ReduceMax: Number.NEGATIVE_INFINITY,
  ReduceMin: Number.POSITIVE_INFINITY,
  ReduceSumSquare: 0,
}

/** Axes as non-negative, ascending, distinct numbers; all axes where none are given. */
export function normalizeAxes(
  axes: number | readonly number[] | null | undefined,
  rank: number,
): number[] {
  if (axes === null || axes === undefined) return Array.from({ length: rank }, (_, axis) => axis)
  const list = typeof axes === 'number' ? [axes] : [...axes]
  return [...new Set(list.map((axis) => (axis < 0 ? axis + rank : axis)))].sort((a, b) => a - b)
}

/** The shape without `axes`, or with ones there. */
function reducedShape(shape: readonly number[], axes: readonly number[], keep: boolean): number[] {
  return shape.flatMap((size, axis) => (axes.includes(axis) ? (keep ? [1] : []) : [size]))
}

/** `op` over `axes`. A transpose in front of it is absorbed. */
export function reduce(op: string, x: Value, axes: readonly number[], keep: boolean): Value {
  const { graph, type } = x
  const shape = reducedShape(x.shape, axes, keep)
  const count = axes.reduce((product, axis) => product * (x.shape[axis] as number), 1)
  if (count === 0) return graph.fill(shape, ofNothing[op] ?? 0, type)
  if (count === 1 && op !== 'ReduceSumSquare') return reshape(x, shape)
  if (x.fill !== undefined && op !== 'ReduceSumSquare') {
    const value =
      op === 'ReduceSum' ? x.fill * count : op === 'ReduceProd' ? x.fill ** count : x.fill
    if (type === 'float32' || Number.isSafeInteger(value)) return graph.fill(shape, value, type)
  }
  if (op === 'ReduceSum' && type === 'float32' && x.node?.op === 'Mul') {
    // A sum of squares needs no squares in memory.
    const [a, b] = x.node.inputs as [Value, Value]
    if (a === b) return reduce('ReduceSumSquare', a, axes, keep)
  }
  const found = transposedSource(x)
  if (found !== undefined) {
    const { source, perm } = found
    const before = reduce(
      op,
      source,
      axes.map((axis) => perm[axis] as number).sort((a, b) => a - b),
      true,
    )
    return reshape(transpose(before, perm), shape)
  }
  const columns = sizeOf(x.shape) / count
  if (
    op === 'ReduceSum' &&
    type === 'float32' &&
    columns > 1 &&
    axes.every((axis, i) => axis === i)
  ) {
    if (!graph.portable) return reshape(sumOfRows(reshape(x, [count, columns])), shape)
  }
  const attributes: Attributes = { keepdims: int(Number(keep)) }
  return graph.emit(op, [x, graph.int64(axes)], { shape, type }, attributes)
}

/** `[1, columns]`: a row of ones times `x`. ONNX Runtime's own sum takes longer, with several threads by far. */
function sumOfRows(x: Value): Value {
  const [rows, columns] = x.shape as [number, number]
  const ones = x.graph.fill([1, rows], 1, 'float32')
  const flags = { transA: int(0), transB: int(0) }
  const shape = [1, columns]
  return x.graph.emit('Product', [ones, x], { shape, type: 'float32' }, flags, winnowDomain)
}

/** Index of the first largest (or smallest) element along `axis`, as int32. */
export function argument(op: 'ArgMax' | 'ArgMin', x: Value, axis: number): Value {
  const { graph } = x
  const shape = reducedShape(x.shape, [axis], false)
  const index = graph.emit(op, [x], { shape, type: 'int64' }, { axis: int(axis), keepdims: int(0) })
  const to: ElementType = 'int32'
  if (sizeOf(shape) === 0) return graph.fill(shape, 0, to)
  return graph.emit('Cast', [index], { shape, type: to }, { to: int(6) })
}
