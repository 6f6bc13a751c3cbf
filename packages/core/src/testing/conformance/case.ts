/**
 * What the conformance suite is made of: a case is one computation on small seeded inputs. An operation becomes up to
 * three cases: its value, the gradient of it, and the gradient of the gradient.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import { gradient } from '../../gradients/gradient.ts'
import type { Sample } from './sample.ts'

/** A function of tensors; several results come in their order. */
export type Computation = (...inputs: Tensor[]) => Tensor | Tensor[]

/** The results of a computation, by loops in double precision: row-major, one array for each result. */
export type Truth = (inputs: readonly Sample[]) => readonly ArrayLike<number>[]

/** One row of the suite. */
export interface ConformanceCase {
  /** Unique in the suite. */
  readonly name: string
  /** What kind of kernel it is about: 'reductions'. */
  readonly group: string
  /** 0: values; 1: gradients in all float32 inputs; 2: gradients of those. */
  readonly order: 0 | 1 | 2
  /** The kernels of tfjs that it is there for; it runs others besides. */
  readonly kernels: readonly string[]
  /** Largest difference allowed, as a share of the largest expected value. Whole numbers must be equal. */
  readonly tolerance: number
  /** The inputs, the same at every call. */
  make(): readonly Sample[]
  /** What is computed and compared; for order 1 and 2 the gradients. */
  readonly run: Computation
  /** What `run` is the gradient of; absent for order 0. */
  readonly primitive?: Computation
  /** The right values, where they do not come from cpu. */
  readonly truth?: Truth
  /** h of the finite differences to which cpu's gradients are held, in units of the inputs; 0 for none. */
  readonly step: number
}

/** An operation, from which {@link casesOf} makes cases. */
export interface Operation {
  readonly name: string
  readonly kernels: readonly string[]
  /** Kernels that its gradient is there for. */
  readonly gradientKernels?: readonly string[]
  readonly make: () => readonly Sample[]
  readonly run: Computation
  /** Up to which order it is differentiated. Default 2. */
  readonly order?: 0 | 1 | 2
  /** Of the values. Default 1e-5; each order of gradient is allowed four times more. */
  readonly tolerance?: number
  readonly truth?: Truth
  /** See {@link ConformanceCase.step}. Default 0.01. */
  readonly step?: number
}

const suffixes = ['', ', gradient', ', second gradient'] as const

/** The cases of the operations, those of one operation beside each other. */
export function casesOf(group: string, operations: readonly Operation[]): ConformanceCase[] {
  return operations.flatMap((operation) => {
    const { order: highest = 2, tolerance = 1e-5, step = 0.01, make } = operation
    const cases: ConformanceCase[] = []
    let run = operation.run
    for (const order of [0, 1, 2] as const) {
      if (order > highest) break
      const primitive = run
      if (order > 0) run = slopesOf(primitive)
      cases.push({
        name: operation.name + suffixes[order],
        group,
        order,
        kernels:
          order === 0 ? operation.kernels : order === 1 ? (operation.gradientKernels ?? []) : [],
        tolerance: tolerance * 4 ** order,
        make,
        run,
        step,
        ...(order > 0 ? { primitive } : {}),
        ...(order === 0 && operation.truth !== undefined ? { truth: operation.truth } : {}),
      })
    }
    return cases
  })
}

/** Several results as a list. */
export function listOf<T>(result: T | readonly T[]): readonly T[] {
  return Array.isArray(result) ? result : [result as T]
}

/** The gradients of {@link score} in all float32 inputs. */
function slopesOf(fn: Computation): Computation {
  return (...inputs) => {
    const points = inputs.filter(({ dtype }) => dtype === 'float32')
    return gradient(() => score(listOf(fn(...inputs))), points)
  }
}

/** Σ w (y + y²/2) over all float32 results: the square keeps second derivatives of linear operations from vanishing. */
function score(outputs: readonly Tensor[]): Tensor {
  const parts = outputs
    .filter(({ dtype }) => dtype === 'float32')
    .map((y) => {
      const weights = tf.tensor(scoreWeights(y.size), y.shape, 'float32')
      return tf.sum(tf.mul(tf.add(y, tf.mul(tf.square(y), 0.5)), weights))
    })
  return parts.reduce((total, part) => tf.add(total, part))
}

/** The same score, of values on the host and in double precision. */
export function hostScore(
  outputs: readonly { dtype: string; values: ArrayLike<number> }[],
): number {
  let total = 0
  for (const { dtype, values } of outputs) {
    if (dtype !== 'float32') continue
    const weights = scoreWeights(values.length)
    for (let i = 0; i < values.length; i++) {
      const y = values[i] as number
      total += (weights[i] as number) * (y + (y * y) / 2)
    }
  }
  return total
}

/** Fixed weights of both signs, irregular enough that no error of order or sign cancels. */
function scoreWeights(size: number): Float32Array {
  return Float32Array.from({ length: size }, (_, i) => {
    const fraction = Math.abs(Math.sin(12.9898 * (i + 1)) * 43758.5453) % 1
    return (0.5 + fraction) * (i % 3 === 1 ? -1 : 1)
  })
}
