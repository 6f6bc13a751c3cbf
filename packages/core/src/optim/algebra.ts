/**
 * The arithmetic in which elementwise rules are written once (finally tagless: Carette, Kiselyov, Shan 2009), and its
 * interpretation by tensors. `program.ts` holds the other one: recorded, to be run as a single loop.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import {
  abs,
  add,
  div,
  maximum,
  minimum,
  mul,
  scalar,
  sign,
  sqrt,
  sub,
} from '@tensorflow/tfjs-core'

/** Arithmetic on numbers of the kind `T`: every operation rounds to float32. */
export interface Algebra<T> {
  /** `value`, rounded. */
  constant(value: number): T
  /** a + b */
  add(a: T, b: T): T
  /** a - b */
  sub(a: T, b: T): T
  /** a b */
  mul(a: T, b: T): T
  /** a / b */
  div(a: T, b: T): T
  /** The larger one. */
  max(a: T, b: T): T
  /** The smaller one. */
  min(a: T, b: T): T
  /** The square root. */
  sqrt(a: T): T
  /** The value without its sign. */
  abs(a: T): T
  /** -1, 0 or 1. */
  sign(a: T): T
}

/** Operations of two arguments. */
export type BinaryName = 'add' | 'sub' | 'mul' | 'div' | 'max' | 'min'
/** Operations of one argument. */
export type UnaryName = 'sqrt' | 'abs' | 'sign'

/** Arithmetic by tfjs operations. Equal constants are one tensor. */
export function tensorAlgebra(): Algebra<Tensor> {
  const constants = new Map<number, Tensor>()
  return {
    constant(value) {
      let known = constants.get(value)
      if (known === undefined) {
        known = scalar(value)
        constants.set(value, known)
      }
      return known
    },
    add: (a, b) => add(a, b),
    sub: (a, b) => sub(a, b),
    mul: (a, b) => mul(a, b),
    div: (a, b) => div(a, b),
    max: (a, b) => maximum(a, b),
    min: (a, b) => minimum(a, b),
    sqrt: (a) => sqrt(a),
    abs: (a) => abs(a),
    sign: (a) => sign(a),
  }
}
