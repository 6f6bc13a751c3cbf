/**
 * Constant folding of uniform values: zeros times anything uniform, a power of two scalars, a sum with zero.
 */
import type { ElementType } from '../element.ts'
import type { Attributes } from '../graph.ts'

const unaryFolds: Readonly<Record<string, (x: number) => number>> = {
  Neg: (x) => -x,
  Abs: Math.abs,
  Exp: Math.exp,
  Log: Math.log,
  Sqrt: Math.sqrt,
  Reciprocal: (x) => 1 / x,
  Relu: (x) => Math.max(x, 0),
  Tanh: Math.tanh,
  Floor: Math.floor,
  Ceil: Math.ceil,
  Not: (x) => (x === 0 ? 1 : 0),
}

/** The result of a unary operator on a number, where it is known. */
export function foldUnary(op: string, x: number, attributes: Attributes): number | undefined {
  if (Object.keys(attributes).length > 0) return undefined
  return unaryFolds[op]?.(x)
}

const binaryFolds: Readonly<Record<string, (a: number, b: number) => number>> = {
  Add: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  Max: Math.max,
  Min: Math.min,
  Equal: (a, b) => Number(a === b),
  Less: (a, b) => Number(a < b),
  LessOrEqual: (a, b) => Number(a <= b),
  Greater: (a, b) => Number(a > b),
  GreaterOrEqual: (a, b) => Number(a >= b),
  And: (a, b) => Number(a !== 0 && b !== 0),
  Or: (a, b) => Number(a !== 0 || b !== 0),
}

/** The result of a binary operator on two numbers, where it is known. */
export function foldBinary(
  op: string,
  a: number,
  b: number,
  type: ElementType,
): number | undefined {
  if (op === 'Div' && type === 'float32') return Math.fround(a / b)
  const result = binaryFolds[op]?.(a, b)
  if (result === undefined) return undefined
  if (type === 'float32') return Math.fround(result)
  if (type === 'int32') return Number.isSafeInteger(result) ? result | 0 : undefined
  return result
}

/** Whether an operand leaves the other one as it is: x + 0, x - 0, x * 1, x / 1, x ^ 1. */
export function isNeutral(op: string, fill: number | undefined, side: 'left' | 'right'): boolean {
  if (fill === undefined) return false
  if (op === 'Add') return fill === 0
  if (op === 'Mul') return fill === 1
  if (side === 'left') return false
  return (op === 'Sub' && fill === 0) || ((op === 'Div' || op === 'Pow') && fill === 1)
}
