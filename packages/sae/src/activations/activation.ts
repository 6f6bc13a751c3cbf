/** What turns preactivations into a sparse code. */
import type { Tensor } from '@tensorflow/tfjs-core'
import type { Context } from '@winnow/core'

/** What an activation may look at besides the preactivations. */
export interface ActivationInput {
  /** `[batch, inputs]`: the data less the bias. */
  readonly centred: Tensor
  readonly context?: Context
}

/** An activation. One that learns or remembers is a Module too: its slots are then the autoencoder's. */
export interface Activation {
  /**
   * How many of the largest preactivations of each row it keeps, rectified, where it is of that form: then the
   * autoencoder can train on the sparse path.
   */
  readonly kept?: number
  /** Preactivations `[batch, latents]` -> the code `[batch, latents]`, >= 0. */
  forward(preactivations: Tensor, input: ActivationInput): Tensor
}
