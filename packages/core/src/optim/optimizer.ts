/**
 * An optimiser is a gradient transformation, composed of smaller ones as in optax (DeepMind, 2020):
 *
 * gradients -> transform -> transform -> ... -> updates, and `parameter + update` is the new parameter.
 *
 * What a transformation remembers are States of a Module, so that it is saved, restored and captured like any other.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { add } from '@tensorflow/tfjs-core'
import { check } from '../error.ts'
import type { Module } from '../module.ts'
import type { Rng } from '../rng.ts'
import type { Parameter } from '../slot.ts'
import type { Stage } from './elementwise.ts'

/** Tensors by parameter name. */
export type Named<T> = ReadonlyMap<string, T>

/** What an update is computed from, besides the gradients. */
export interface UpdateContext {
  /** The parameters' current tensors, by name. */
  readonly parameters: Named<Tensor>
  /** This transformation's own scalars at this step, as float32 scalars: see {@link Optimizer.scalars}. */
  readonly scalars: Readonly<Record<string, Tensor>>
  /** The step's random stream: for samplers, which take an optimiser's place and add noise. */
  readonly rng?: Rng
}

/**
 * A gradient transformation with its memory. The end of a chain gives updates: what is added to the parameters.
 */
export interface Optimizer<Memory extends Module = Module> {
  /** What it is called in the paths of a chain's memory and in the names of its scalars; `part` by default. */
  readonly name?: string
  /** Makes the memory for these parameters: States of their shapes. */
  create(parameters: Named<Parameter>): Memory
  /**
   * The numbers that depend on the step alone (learning rate, bias corrections), computed on the host in float64.
   * In a chain their names begin with the transformation's: `learningRate.rate`, `adam.firstScale`.
   * @param step the number of updates made before this one
   */
  scalars(step: number): Readonly<Record<string, number>>
  /**
   * Traced: transforms `gradients`, assigning to the memory's States. Call it in a `tidy` or a compiled function.
   * What it returns may be a gradient or a State's own tensor: do not dispose it.
   */
  update(gradients: Named<Tensor>, memory: Memory, context: UpdateContext): Named<Tensor>
  /**
   * The elementwise rules that make up this transformation for one parameter, in their order; undefined, or no such
   * method, where it is anything else. This is what {@link fuse} reads.
   */
  stages?(path: string, parameter: Parameter): readonly Stage[] | undefined
}

/** Adds updates to the parameters of the same names. Call it in a `tidy` or a compiled function. */
export function applyUpdates(parameters: Named<Parameter>, updates: Named<Tensor>): void {
  for (const [path, update] of updates) {
    const parameter = parameters.get(path)
    check(parameter !== undefined, () => `applyUpdates: there is no parameter ${path}`)
    parameter.assign(add(parameter.value, update))
  }
}
