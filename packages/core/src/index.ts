export { check, nearest, unknownName, WinnowError } from './error.ts'
export type { NamedSlot, Selector } from './module.ts'
export { Module, modules, parameterCount, parameters, slots, states, visit } from './module.ts'
export type { Named, Optimizer, UpdateContext } from './optim/optimizer.ts'
export type { RngState } from './rng.ts'
export { Rng } from './rng.ts'
export { both, frozen, not, only } from './select.ts'
export { Parameter, Slot, State } from './slot.ts'
export type { HostFunction, Program, TensorSpec, Trace, Tracer } from './tracer.ts'
export { activeTracer } from './tracer.ts'
export type {
  Batch,
  Context,
  LossResult,
  Objective,
  PeriodicWork,
  Phase,
  PhasedObjective,
  Trainable,
} from './train/objective.ts'
export { every, phasesOf } from './train/objective.ts'
