/** Aids for tests of code built on Winnow. */

export type { CheckGradientOptions } from './check-gradient.ts'
export { checkGradient } from './check-gradient.ts'
export type { SeededTensorOptions } from './seeded-tensor.ts'
export { seededTensor } from './seeded-tensor.ts'
