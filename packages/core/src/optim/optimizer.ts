/**
 * An optimiser is a gradient transformation, composed of smaller ones as in optax (DeepMind, 2020):
 *
 * gradients -> transform -> transform -> ... -> updates, and `parameter + update` is the new parameter.
 *
 * What a transformation remembers are States of a Module, so that it is saved, restored and captured like any other.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import type { Module } from '../module.ts'
import type { Parameter } from '../slot.ts'

/** Tensors by parameter name. */
export type Named<T> = ReadonlyMap<string, T>

/** What an update is computed from, besides the gradients. */
export interface UpdateContext {
  /** The parameters' current tensors, by name. */
  readonly parameters: Named<Tensor>
  /** This transformation's own scalars at this step, as float32 scalars: see {@link Optimizer.scalars}. */
  readonly scalars: Readonly<Record<string, Tensor>>
}

/**
 * A gradient transformation with its memory. The end of a chain gives updates: what is added to the parameters.
 */
export interface Optimizer<Memory extends Module = Module> {
  /** Makes the memory for these parameters: States of their shapes. */
  create(parameters: Named<Parameter>): Memory
  /**
   * The numbers that depend on the step alone (learning rate, bias corrections), computed on the host in float64.
   * @param step the number of updates made before this one
   */
  scalars(step: number): Readonly<Record<string, number>>
  /** Traced: transforms `gradients`, assigning to the memory's States. */
  update(gradients: Named<Tensor>, memory: Memory, context: UpdateContext): Named<Tensor>
}
