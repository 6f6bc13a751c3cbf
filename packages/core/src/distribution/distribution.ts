/**
 * What the parts of a variational autoencoder agree on: distributions, the family of a posterior, and a prior.
 *
 * They are plain objects that close over tensors, made anew at every step, so that each can be chosen independently:
 * a new family needs an object of one of these types and nothing else. All logarithms are natural: units are nats.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import type { Rng } from '../rng.ts'

/** How many draws {@link Distribution.sample} makes. */
export interface SampleOptions {
  /** With it, that many draws in a new first axis: `[samples, ..., dim]`. Without it one draw, `[..., dim]`. */
  readonly samples?: number
}

/** A batch of distributions over vectors: batch shape `[...]`, event shape `[dim]`. */
export interface Distribution {
  /** Name of the family, by which closed forms recognise it. */
  readonly family: string
  /** `[..., dim]`: the point that stands for the distribution where a code without noise is wanted. */
  readonly mean: Tensor
  /** Draws, reparameterised where the family allows it: `[..., dim]`, differentiable in the parameters. */
  sample(rng: Rng, options?: SampleOptions): Tensor
  /**
   * Nats, summed over the last axis.
   * @param x `[..., dim]`, with as many leading sample axes as one likes
   * @returns the shape of `x` without its last axis
   */
  logProbability(x: Tensor): Tensor
  /** `[...]` nats, where there is a closed form. */
  entropy?(): Tensor
}

/** The choice of a posterior: how a network's outputs become a distribution. */
export interface PosteriorFamily<D extends Distribution = Distribution> {
  readonly name: string
  /** How many outputs the network gives for each latent dimension. */
  readonly parameters: number
  /**
   * @param outputs `[batch, parameters * dim]`, one block of `dim` for each parameter
   * @throws WinnowError when the last axis does not divide by `parameters`
   */
  from(outputs: Tensor): D
}

/** The choice of a prior over latent vectors. One with parameters is a Module that has these members. */
export interface Prior {
  readonly name: string
  /** Draws of `shape` (`[..., dim]`). */
  sample(shape: readonly number[], rng: Rng): Tensor
  /** `[..., dim]` -> `[...]` nats. */
  logProbability(z: Tensor): Tensor
  /**
   * KL(posterior || prior) for each dimension, `[..., dim]` nats, where there is a closed form for this posterior;
   * undefined where there is none.
   */
  closedFormKl?(posterior: Distribution): Tensor | undefined
}
