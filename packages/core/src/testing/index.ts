/** Aids for tests of code built on Winnow. */

export { allClose, type CloseOptions, type Numbers } from './all-close.ts'
export type { CheckGradientOptions } from './check-gradient.ts'
export { checkGradient } from './check-gradient.ts'
export { expectNoLeak, type NoLeakOptions } from './no-leak.ts'
export type { SeededTensorOptions } from './seeded-tensor.ts'
export { seededTensor } from './seeded-tensor.ts'
