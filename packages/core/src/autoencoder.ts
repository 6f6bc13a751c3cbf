/**
 * What every autoencoder can do, besides being an objective: encode, decode, and give features.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import type { Module } from './module.ts'
import type { Rng } from './rng.ts'

/** How inputs are encoded and rebuilt. */
export interface ReconstructOptions {
  /** Draws where the code is a distribution; without it the distribution's mean is taken. */
  readonly rng?: Rng
}

/**
 * A model that throws away and rebuilds.
 *
 * `Code` is a tensor or a named record of tensors: a posterior, kept tokens with their places, a sparse code, indices.
 */
export interface Autoencoder<Code> extends Module {
  /** `[batch, ...]` -> the code. */
  encode(x: Tensor): Code
  /** The code as vectors that probes and search use: `[batch, features]`. */
  features(x: Tensor): Tensor
  /** Inputs thrown away and rebuilt: the shape and range of `x`. */
  reconstruct(x: Tensor, options?: ReconstructOptions): Tensor
}
