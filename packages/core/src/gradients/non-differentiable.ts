/**
 * Kernels whose derivative is zero wherever it exists. `gradient` cuts the tape at them; where tfjs itself walks the
 * tape (`tf.grad`, `tf.variableGrads`) they give zeros instead of an error.
 */
import type { KernelGradient } from './definition.ts'
import { defineGradient } from './definition.ts'
import { zeros } from './helpers.ts'

/** The names of the kernels with zero derivative. */
export const nonDifferentiable: readonly string[] = [
  // steps
  'Sign',
  'Round',
  'Floor',
  'Ceil',
  'Step',
  'FloorDiv',
  // constants of a shape
  'ZerosLike',
  'OnesLike',
  // comparisons, logic, tests
  'Equal',
  'NotEqual',
  'Greater',
  'GreaterEqual',
  'Less',
  'LessEqual',
  'LogicalAnd',
  'LogicalOr',
  'LogicalNot',
  'LogicalXor',
  'BitwiseAnd',
  'All',
  'Any',
  'IsFinite',
  'IsInf',
  'IsNan',
  // places and counts
  'ArgMax',
  'ArgMin',
  'OneHot',
  'SearchSorted',
  'LowerBound',
  'UpperBound',
  'Unique',
  'Multinomial',
]

/** Gradients of zero for {@link nonDifferentiable}. */
export const zeroGradients: readonly KernelGradient[] = nonDifferentiable.map((kernel) =>
  defineGradient(kernel, {
    backward: (_, __, { names, shape }) =>
      Object.fromEntries(names.map((name) => [name, () => zeros(shape(name))])),
  }),
)
