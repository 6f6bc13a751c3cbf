/**
 * What is told of the model: `weights/card.json`.
 */
import type { RetrieverConfig } from '@winnow/retrieval'

/** A mean, and the ends of its interval of 95 %. */
export interface CardInterval {
  readonly mean: number
  readonly low: number
  readonly high: number
}

/** See the top of the file. */
export interface TinySearchCard {
  readonly config: RetrieverConfig
  readonly parameters: number
  /** Of `model.safetensors`. */
  readonly bytes: number
  readonly sha256: string
  /** What it was trained on, as `winnow train retrieval --data` names it. */
  readonly data: string
  /** What trained it. */
  readonly command: string
  readonly updates: number
  readonly minutes: number
  readonly backend: string
  /** nDCG@10 of the test's queries, before rounding to float16. */
  readonly test: {
    readonly model: CardInterval
    readonly bm25: CardInterval
    readonly both: CardInterval
  }
  /** How much its list counts beside that of BM25, which counts 1: settled on other queries than the test's. */
  readonly weight: number
  /** A query and texts with their cosines, so that a copy of the weights can be tried. */
  readonly trial: {
    readonly query: string
    readonly texts: readonly string[]
    readonly cosines: readonly number[]
    readonly beforeRounding: readonly number[]
  }
}
