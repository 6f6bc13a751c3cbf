/**
 * Moves transposes behind elementwise operators, so that the NHWC-to-NCHW transpose of one convolution meets the
 * NCHW-to-NHWC transpose of the one before, and both vanish.
 */

import { reshape, transpose } from '../build/layout.ts'
import { sizeOf } from '../element.ts'
import type { Value } from '../graph.ts'

/** What `x` is a transpose of. */
export interface Transposed {
  readonly source: Value
  readonly perm: readonly number[]
}

/** The value and permutation behind a transpose; undefined where `x` is none. */
export function transposedSource(x: Value): Transposed | undefined {
  if (x.node?.op !== 'Transpose') return undefined
  return {
    source: x.node.inputs[0] as Value,
    perm: x.node.attributes['perm']?.value as readonly number[],
  }
}

/** The permutation that undoes `perm`. */
function inversePermutation(perm: readonly number[]): number[] {
  const inverse = new Array<number>(perm.length)
  for (const [to, from] of perm.entries()) inverse[from] = to
  return inverse
}

/**
 * Operands of an elementwise operator in the order of axes that lies before a transpose of at least one of them, when
 * every other operand can follow for nothing: it is transposed alike, or has at most one axis that is not of size one.
 */
export function alignTransposes(
  operands: readonly Value[],
  shape: readonly number[],
): { values: Value[]; perm: readonly number[] } | undefined {
  const leader = operands.map(transposedSource).find((found) => found !== undefined)
  if (leader?.perm.length !== shape.length) return undefined
  const { perm } = leader
  const inverse = inversePermutation(perm)
  const values: Value[] = []
  for (const operand of operands) {
    const found = transposedSource(operand)
    if (found?.perm.every((axis, index) => axis === perm[index])) {
      values.push(found.source)
    } else if (sizeOf(operand.shape) === 1 && operand.shape.length <= shape.length) {
      values.push(reshape(operand, []))
    } else if (operand.shape.filter((size) => size !== 1).length <= 1) {
      const missing = new Array<number>(shape.length - operand.shape.length).fill(1)
      values.push(transpose(reshape(operand, [...missing, ...operand.shape]), inverse))
    } else {
      return undefined
    }
  }
  return { values, perm }
}
