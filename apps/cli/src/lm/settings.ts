/**
 * What `winnow train lm` can be told, and the model and data that follow from it.
 */
import { type ArrayDataset, check, Rng } from '@winnow/core'
import {
  LanguageModel,
  type LanguageModelConfig,
  packTexts,
  sequenceBatches,
  sequences,
} from '@winnow/lm'
import { type Tokenizer, trainTokenizer } from '@winnow/text'
import { type LoadedText, loadText } from '../data/text/load-text.ts'
import type { RunData, RunSettings } from '../run/kind.ts'

/** How tokens are told their places, by name. */
export const POSITION_NAMES = ['learned', 'rotary', 'alibi', 'sinCos'] as const

/** The options of the command, as commander gives them. */
export interface LmSettings extends RunSettings {
  readonly vocabulary: number
  readonly context: number
  readonly width: number
  readonly depth: number
  readonly heads: number
  readonly positions: (typeof POSITION_NAMES)[number]
  readonly dropout: number
}

/** Texts in three parts, their tokenizer, and sequences of ids. */
export interface LmData extends RunData {
  readonly texts: LoadedText
  readonly tokenizer: Tokenizer
  /** Tokens for each byte of what is trained on. */
  readonly tokensPerByte: number
}

/** Sequences that are looked at after each epoch. */
const MOST_VALIDATION_SEQUENCES = 400

/**
 * Reads texts by name or path, and cuts them by a tokenizer.
 *
 * @param trainedWith the tokenizer that a model was trained with; by default one is learnt from the training part
 */
export async function lmData(settings: LmSettings, trainedWith?: Tokenizer): Promise<LmData> {
  const { data, vocabulary, context, batch } = settings
  const texts = await loadText(data)
  const tokenizer = trainedWith ?? trainTokenizer(texts.training, { vocabulary })
  // In random order: what stands side by side in a dictionary would tell too much of what comes next.
  const order = new Rng(0).permutation(texts.training.length)
  const shuffled = Array.from(order, (i) => texts.training[i] as string)
  const stream = packTexts(tokenizer, shuffled)
  const held = (part: 'validation' | 'test'): ArrayDataset => {
    const ids = packTexts(tokenizer, texts[part])
    check(
      ids.length > context,
      () =>
        `--context: ${context} came, but only ${ids.length - 1} tokens are kept back for ${part}`,
    )
    return sequences(ids, { tokens: context })
  }
  const validation = held('validation')
  const training = sequenceBatches(stream, { tokens: context, batch })
  const bytes = texts.training.reduce((sum, text) => sum + Buffer.byteLength(text) + 1, 0)
  return {
    name: texts.name,
    texts,
    tokenizer,
    tokensPerByte: (stream.length - 1) / bytes,
    training,
    trainingItems: Math.floor((stream.length - 1) / context),
    stepsPerEpoch: training.length as number,
    validation: validation.take(Math.min(MOST_VALIDATION_SEQUENCES, validation.length)),
    test: held('test'),
    input: [context + 1],
    normalisation: undefined,
  }
}

/** The model for a tokenizer's ids. */
export function lmModel(settings: LmSettings, tokenizer: Tokenizer): LanguageModel {
  const { context, width, depth, heads, positions, dropout, seed } = settings
  const config: LanguageModelConfig = {
    vocabulary: tokenizer.vocabulary,
    tokens: context,
    features: width,
    depth,
    heads,
    positions,
    dropout,
  }
  return new LanguageModel(config, new Rng(seed))
}
