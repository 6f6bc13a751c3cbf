/**
 * Learning is an Objective: a loss that is a function of parameters, state, batch and context alone.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import type { HostBatch } from '../data/host-array.ts'
import type { Module, Selector } from '../module.ts'
import type { Optimizer } from '../optim/optimizer.ts'
import type { Rng } from '../rng.ts'
import type { State } from '../slot.ts'
import type { EpochRecord } from './history.ts'

/** A batch: a tensor, or a record of tensors. Every tensor has the batch as its first axis. */
export type Batch = Tensor | { readonly [name: string]: Tensor }

/** What a loss, a layer or a hook is given besides its input. */
export interface Context {
  /** The step's random stream; split it where several parts draw. */
  readonly rng: Rng
  /** The number of updates made before this one: a float32 scalar. */
  readonly step: Tensor
  /** Whether parameters are about to be updated: layers that behave differently then look here. */
  readonly training: boolean
  /** The values that the schedules given to `fit` have at this step, by name: float32 scalars. */
  readonly scalars: Readonly<Record<string, Tensor>>
  /** Puts `value` in `state` after the step: once, and only when training and the loss is finite. */
  update(state: State, value: Tensor): void
}

/** The loss to minimise (a scalar, averaged over the batch) and whatever else is worth watching, all scalars. */
export type LossResult = { readonly loss: Tensor } & { readonly [metric: string]: Tensor }

/** What an objective may do besides its loss, in either form. */
export interface ObjectiveHooks {
  /** Traced, after the gradients and before the update: changes gradients by parameter name. */
  afterGradients?(
    gradients: ReadonlyMap<string, Tensor>,
    context: Context,
  ): ReadonlyMap<string, Tensor>
  /** Traced, after the update: may assign to parameters, for constraints such as unit norms. */
  afterUpdate?(context: Context): void
  /** Host work between steps: rewire, resample, recompute. */
  readonly every?: readonly PeriodicWork[]
  /**
   * On the host, with each batch of the first epoch and of every evaluation, before it becomes tensors.
   * @throws WinnowError for data that the loss is not defined for: another shape, values out of range
   */
  checkData?(batch: HostBatch): void
  /** Warnings after an epoch, from its metrics: collapse, dead units. */
  diagnose?(epoch: EpochRecord): readonly string[]
}

/** A loss of one player. */
export interface Objective<B extends Batch = Batch> extends ObjectiveHooks {
  /** Traced: the loss of a batch to minimise, and metrics. */
  loss(batch: B, context: Context): LossResult
}

/** One player of several, each with parameters and an optimiser of its own. */
export interface Phase<B extends Batch = Batch> {
  /** Stands before the phase's metrics: `name.loss`. */
  readonly name: string
  /** Traced: the loss of a batch to minimise over this phase's parameters, and metrics. */
  loss(batch: B, context: Context): LossResult
  /** Which parameters this phase trains; all by default. */
  readonly parameters?: Selector
  /** By default the one given to `fit`. */
  readonly optimizer?: Optimizer
  /** Runs at the steps whose number, from 0, is a multiple of this; 1 by default. */
  readonly every?: number
}

/** Several losses in turn within a step, as in adversarial training. The single loss is the short form. */
export interface PhasedObjective<B extends Batch = Batch> extends ObjectiveHooks {
  readonly phases: readonly Phase<B>[]
}

/** Host work after every `steps` updates. */
export interface PeriodicWork {
  readonly steps: number
  /** Is waited for. `step` is the number of updates made, `rng` the random stream of this call. */
  run(work: { readonly step: number; readonly rng: Rng }): void | Promise<void>
}

/** What `fit` trains: a module that is its own objective, in either form. */
export type Trainable<B extends Batch = Batch> = Module & (Objective<B> | PhasedObjective<B>)

/** Does `steps`-periodic host work: `every(100, () => ...)`. */
export function every(steps: number, run: PeriodicWork['run']): PeriodicWork {
  return { steps, run }
}

/** The phases of an objective, the single loss being one phase named by the empty string. */
export function phasesOf<B extends Batch>(
  objective: Objective<B> | PhasedObjective<B>,
): readonly Phase<B>[] {
  if ('phases' in objective) return objective.phases
  return [{ name: '', loss: (batch, context) => objective.loss(batch, context) }]
}
