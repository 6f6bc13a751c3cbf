/**
 * What is told of the model: `weights/card.json`.
 */
import type { LanguageModelConfig } from '@winnow/lm'

/** See the top of the file. */
export interface TinyModelCard {
  readonly config: LanguageModelConfig
  readonly parameters: number
  /** Of `model.safetensors`. */
  readonly bytes: number
  readonly sha256: string
  /** The texts that it was trained on, as `winnow train lm --data` names them. */
  readonly data: string
  /** What trained it. */
  readonly command: string
  readonly updates: number
  readonly minutes: number
  readonly backend: string
  /** On texts that it has not seen, before rounding to float16. */
  readonly test: {
    readonly bitsPerByte: number
    readonly natsPerToken: number
    readonly bytes: number
    /** Bits per byte of n-grams of the same tokens, counted on the same training texts. */
    readonly nGram: number
    /** Bits per byte of the test texts alone. */
    readonly gzip: number
  }
  /** What it wrote by itself. */
  readonly samples: readonly string[]
  /** A text and what the model makes of it, so that a copy of the weights can be tried. */
  readonly trial: {
    readonly text: string
    readonly natsPerToken: number
    readonly beforeRounding: number
  }
}
