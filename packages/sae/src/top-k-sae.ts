/**
 * The TopK sparse autoencoder: Scaling and evaluating sparse autoencoders (Gao et al., OpenAI, 2024).
 *
 *     f = relu(TopK((x - b) E + c)),   xhat = f D + b,   loss = |x - xhat|^2 / var x + AuxK / 32 (+ Multi-TopK / 8)
 *
 * Start it with `initialiseFromData`; train with `adam({ learningRate: 1e-4, epsilon: 6.25e-10 })` at 32,768 latents, the
 * rate falling as 1 / sqrt(latents). For averaged weights chain `averageParameters(0.999)` after the optimiser.
 */
import type { Rng } from '@winnow/core'
import { topK } from './activations/top-k.ts'
import { unitNormDecoder } from './constraints/unit-norm-decoder.ts'
import { type AuxKOptions, auxK } from './losses/aux-k.ts'
import { type MultiTopKOptions, multiTopK } from './losses/multi-top-k.ts'
import { SparseAutoencoder, type SparseAutoencoderConfig } from './sparse-autoencoder.ts'

/** Options of {@link topKSae}: those of any sparse autoencoder, with the parts chosen. */
export interface TopKSaeOptions
  extends Omit<SparseAutoencoderConfig, 'activation' | 'losses' | 'constraints'> {
  /** Latents that are on for each example; 32 by default. */
  readonly k?: number
  /** Revives dead latents; on by default. */
  readonly auxK?: AuxKOptions | false
  /** Off by default. */
  readonly multiTopK?: MultiTopKOptions | boolean
}

/** @throws WinnowError as {@link SparseAutoencoder} */
export function topKSae(options: TopKSaeOptions, rng: Rng): SparseAutoencoder {
  const { k = 32, auxK: revive = {}, multiTopK: wide = false, ...rest } = options
  const losses = [
    ...(revive === false ? [] : [auxK(revive)]),
    ...(wide === false ? [] : [multiTopK(wide === true ? {} : wide)]),
  ]
  return new SparseAutoencoder(
    { ...rest, activation: topK(k), losses, constraints: [unitNormDecoder()] },
    rng,
  )
}
