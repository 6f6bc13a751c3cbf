/** What a sparse autoencoder's parameters must obey. */
import type { Tensor } from '@tensorflow/tfjs-core'
import type { SparseAutoencoder } from '../sparse-autoencoder.ts'

/** A constraint, by hooks around the update. Both are traced. */
export interface Constraint {
  /** Changes gradients, by parameter name. */
  afterGradients?(
    gradients: ReadonlyMap<string, Tensor>,
    model: SparseAutoencoder,
  ): ReadonlyMap<string, Tensor>
  /** May assign to parameters. */
  afterUpdate?(model: SparseAutoencoder): void
}
