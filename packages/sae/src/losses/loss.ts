/** What a sparse autoencoder is trained by besides its reconstruction. */
import type { Tensor } from '@tensorflow/tfjs-core'
import type { Context } from '@winnow/core'
import type { Encoding } from '../encoding.ts'

/** What a loss sees of a step. */
export interface LossInput {
  /** `[batch, inputs]`: the data as they are encoded. */
  readonly x: Tensor
  /** `[batch, inputs]` */
  readonly reconstruction: Tensor
  readonly encoding: Encoding
  /** `[inputs]`: what decoding adds to a code. */
  readonly bias: Tensor
  /** bool `[latents]`: those that were silent for too long, this batch counted in. */
  readonly dead: Tensor
  /** A scalar: 1 / the variance of the data, averaged over inputs; squared errors are multiplied by it. */
  readonly lossScale: Tensor
  readonly context: Context
}

/** A loss: a scalar, weighted, that is added to the reconstruction's. */
export type AddedLoss = (input: LossInput) => Tensor
