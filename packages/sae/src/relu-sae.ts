/**
 * The ReLU sparse autoencoder with an L1 penalty: Towards Monosemanticity (Bricken et al., Anthropic, 2023) and Sparse
 * Autoencoders Find Highly Interpretable Features (Cunningham et al., 2023). The baseline.
 *
 *     f = relu((x - b) E + c),   xhat = f D + b,   loss = |x - xhat|^2 / var x + weight sum f / r
 *
 * Resampling of dead latents, which Bricken et al. add, is not in it.
 */
import type { Rng } from '@winnow/core'
import { relu } from './activations/relu.ts'
import { unitNormDecoder } from './constraints/unit-norm-decoder.ts'
import { l1 } from './losses/l1.ts'
import { SparseAutoencoder, type SparseAutoencoderConfig } from './sparse-autoencoder.ts'

/** Options of {@link reluSae}: those of any sparse autoencoder, with the parts chosen. */
export interface ReluSaeOptions
  extends Omit<SparseAutoencoderConfig, 'activation' | 'losses' | 'constraints' | 'path'> {
  /** Weight of the L1 penalty: larger is sparser. A schedule named `l1` given to `fit` wins. */
  readonly l1: number
}

/** @throws WinnowError as {@link SparseAutoencoder} */
export function reluSae(options: ReluSaeOptions, rng: Rng): SparseAutoencoder {
  const { l1: weight, ...rest } = options
  return new SparseAutoencoder(
    { ...rest, activation: relu(), losses: [l1({ weight })], constraints: [unitNormDecoder()] },
    rng,
  )
}
