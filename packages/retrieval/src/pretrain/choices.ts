/**
 * The published ways of pre-training as choices among the parts.
 */
import type { Rng } from '@winnow/core'
import type { PassageEncoderConfig } from '../encoder/passage-encoder.ts'
import { RetrievalPretraining, type RetrievalPretrainingConfig } from './retrieval-pretraining.ts'

/** What all of them are told. */
export interface PretrainingChoice
  extends Pick<RetrievalPretrainingConfig, 'encoderMask' | 'corruption'> {
  readonly encoder: PassageEncoderConfig
}

/** What those with a decoder are told. */
export interface DecoderChoice extends PretrainingChoice {
  /** Share of the words that a row of the decoder does not see; 0.5 by default. */
  readonly decoderMask?: number
}

/** The masked language model alone (Devlin et al., 2019), with whole words hidden: a share of 0.15 by default. */
export function maskedLanguageModel(choice: PretrainingChoice, rng: Rng): RetrievalPretraining {
  return new RetrievalPretraining({ encoderMask: 0.15, ...choice }, rng)
}

/** RetroMAE (Xiao, Liu, Shao and Cao, 2022): the passage's vector must be enough to rebuild the passage. */
export function retroMae(choice: DecoderChoice, rng: Rng): RetrievalPretraining {
  const { decoderMask = 0.5, ...rest } = choice
  return new RetrievalPretraining({ ...rest, decoder: { mask: decoderMask } }, rng)
}

/** DupMAE (Liu, Xiao, Shao and Cao, 2023): RetroMAE, and the other tokens' vectors must name the passage's words. */
export function dupMae(
  choice: DecoderChoice & { /** 0.1 by default, as released. */ readonly bowWeight?: number },
  rng: Rng,
): RetrievalPretraining {
  const { decoderMask = 0.5, bowWeight = 0.1, ...rest } = choice
  return new RetrievalPretraining(
    { ...rest, decoder: { mask: decoderMask }, bagOfWords: { weight: bowWeight } },
    rng,
  )
}
