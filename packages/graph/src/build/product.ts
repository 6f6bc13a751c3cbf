/** Matrix products, with transposes folded into the operator's flags. */

import { sizeOf } from '../element.ts'
import type { Value } from '../graph.ts'
import { int } from '../graph.ts'
import { winnowDomain } from '../onnx/lower.ts'
import { transposedSource } from '../rewrite/transposes.ts'
import { reshape, transpose } from './layout.ts'
import { broadcastShape } from './pointwise.ts'

/** Product of the last two axes of `a` and `b`, either transposed; axes before them are broadcast. */
export function product(a: Value, b: Value, transposeA = false, transposeB = false): Value {
  const { graph, type } = a
  const swapA = swapped(a)
  if (swapA !== undefined) return product(swapA, b, !transposeA, transposeB)
  const swapB = swapped(b)
  if (swapB !== undefined) return product(a, swapB, transposeA, !transposeB)
  const [rows, inner] = lastTwo(a, transposeA)
  const columns = lastTwo(b, transposeB)[1]
  const batch = broadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2))
  const shape = [...batch, rows, columns]
  if (inner === 0 || sizeOf(shape) === 0) return graph.fill(shape, 0, type)
  if (batch.length > 0 && sizeOf(b.shape) === sizeOf(b.shape.slice(-2)) && !transposeA) {
    // One matrix for the whole batch: one large product.
    const flat = product(
      reshape(a, [sizeOf(batch) * rows, inner]),
      reshape(b, b.shape.slice(-2)),
      false,
      transposeB,
    )
    return reshape(flat, shape)
  }
  if (batch.length > 0 && sizeOf(batch) === 1) {
    return reshape(
      product(reshape(a, a.shape.slice(-2)), reshape(b, b.shape.slice(-2)), transposeA, transposeB),
      shape,
    )
  }
  const laidOut = transposeA && paysToTranspose(a, transposeB, rows, inner, columns)
  const left = laidOut ? transposedCopy(a) : a
  const flags = { transA: int(Number(transposeA && !laidOut)), transB: int(Number(transposeB)) }
  return graph.emit('Product', [left, b], { shape, type }, flags, winnowDomain)
}

/** Multiplications below which a product takes no longer than what would be saved. */
const largeProduct = 2 ** 22

/**
 * Whether to transpose `a` `[inner, rows]` at once: a Gemm transposes it anew, in pieces, for every panel of columns. This
 * is the gradient of a weight; layers that share an input share the copy.
 */
function paysToTranspose(
  a: Value,
  transposeB: boolean,
  rows: number,
  inner: number,
  columns: number,
): boolean {
  if (a.graph.portable || a.type !== 'float32' || a.shape.length !== 2 || transposeB) return false
  return rows <= columns && rows * inner * columns >= largeProduct
}

/** By way of three axes: ONNX Runtime would make a flag of the product of a transpose of two. */
function transposedCopy(a: Value): Value {
  const [inner, rows] = a.shape as [number, number]
  return reshape(transpose(reshape(a, [1, inner, rows]), [0, 2, 1]), [rows, inner])
}

function lastTwo(x: Value, transposed: boolean): [number, number] {
  const rank = x.shape.length
  const [m, n] = [x.shape[rank - 2] as number, x.shape[rank - 1] as number]
  return transposed ? [n, m] : [m, n]
}

/** What `x` is with its last two axes exchanged, where that is how it was made. */
function swapped(x: Value): Value | undefined {
  const found = transposedSource(x)
  if (found === undefined) return undefined
  const { perm, source } = found
  const rank = perm.length
  const swap =
    perm[rank - 1] === rank - 2 &&
    perm[rank - 2] === rank - 1 &&
    perm.every((axis, index) => index >= rank - 2 || axis === index)
  return swap ? source : undefined
}
