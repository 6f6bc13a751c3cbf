export { check, nearest, unknownName, WinnowError } from './error.ts'
export { Module, modules, parameterCount, parameters, slots, states, visit } from './module.ts'
export type { NamedSlot, Selector } from './module.ts'
export { Rng } from './rng.ts'
export type { RngState } from './rng.ts'
export { both, frozen, not, only } from './select.ts'
export { Parameter, Slot, State } from './slot.ts'
export { activeTracer } from './tracer.ts'
export type { HostFunction, Program, TensorSpec, Trace, Tracer } from './tracer.ts'
export { every, phasesOf } from './train/objective.ts'
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
export type { Named, Optimizer, UpdateContext } from './optim/optimizer.ts'
