/**
 * When each latent is on: counts, histograms and the strongest places of a stream of tokens, in two passes of bounded
 * memory.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { reshape, slice, tensor2d } from '@tensorflow/tfjs-core'
import { compile } from '@winnow/core'
import type { LanguageModel } from '@winnow/lm'
import type { SparseAutoencoder } from '@winnow/sae'
import type { Place } from '../sae/language-model.ts'
import { LEVELS, type ReportExample, type ReportFeature } from './data.ts'
import { Strongest } from './strongest.ts'

/** What {@link featureActivity} looks at. */
export interface LookedAt {
  readonly model: LanguageModel
  readonly sae: SparseAutoencoder
  readonly at: Place
  /** Whole sequences of ids, each beginning with the last id of the one before. */
  readonly ids: Int32Array
}

/** The part of a feature that comes from tokens. */
export type FeatureActivity = Pick<ReportFeature, 'on' | 'most' | 'bins' | 'examples'>

/** Tokens that are shown before and after a strong one. */
const BEFORE = 20
const AFTER = 7
/** Strongest examples of a feature. */
const EXAMPLES = 8
const BINS = 20
/** Tokens at a time. */
const AT_A_TIME = 1024

/** For each latent, over all tokens of the stream but the first. */
export async function featureActivity(looked: LookedAt): Promise<FeatureActivity[]> {
  const { latents } = looked.sae.config
  const { length } = looked.ids
  const on = new Int32Array(latents)
  const most = new Float32Array(latents)
  const strongest = new Strongest(latents, EXAMPLES, BEFORE + AFTER)
  for await (const { first, values } of codes(looked)) {
    for (let i = 0; i < values.length; i++) {
      const value = values[i] as number
      if (value <= 0) continue
      const feature = i % latents
      on[feature] = (on[feature] as number) + 1
      if (value > (most[feature] as number)) most[feature] = value
      strongest.add(feature, first + Math.floor(i / latents), value)
    }
  }
  const bins = new Int32Array(latents * BINS)
  const shown = Array.from({ length: latents }, (_, feature) =>
    strongest.places(feature).map((peak) => {
      const start = Math.max(0, peak - BEFORE)
      return { start, peak, levels: new Uint8Array(Math.min(length, peak + AFTER + 1) - start) }
    }),
  )
  for await (const { first, values } of codes(looked)) {
    for (let i = 0; i < values.length; i++) {
      const value = values[i] as number
      if (value <= 0) continue
      const feature = i % latents
      const bin = Math.min(BINS - 1, Math.floor((BINS * value) / (most[feature] as number)))
      bins[feature * BINS + bin] = (bins[feature * BINS + bin] as number) + 1
    }
    const end = first + values.length / latents
    for (const [feature, examples] of shown.entries()) {
      for (const { start, levels } of examples) {
        const to = Math.min(end, start + levels.length)
        for (let place = Math.max(first, start); place < to; place++) {
          const value = values[(place - first) * latents + feature] as number
          if (value > 0) levels[place - start] = levelOf(value / (most[feature] as number))
        }
      }
    }
  }
  return shown.map((examples, feature) => ({
    on: on[feature] as number,
    most: rounded(most[feature] as number),
    bins: Array.from(bins.subarray(feature * BINS, (feature + 1) * BINS)),
    examples: examples.map(
      ({ start, peak, levels }): ReportExample => ({
        start,
        peak,
        levels: Array.from(levels, (level) => LEVELS[level]).join(''),
      }),
    ),
  }))
}

/** Four digits are enough to be looked at. */
export function rounded(value: number): number {
  return Number(value.toPrecision(4))
}

/** What is on is at least the weakest shade. */
function levelOf(share: number): number {
  return Math.max(1, Math.round(share * (LEVELS.length - 1)))
}

interface Codes {
  /** The place in the stream of the first token. */
  readonly first: number
  /** `[tokens, latents]` */
  readonly values: Float32Array
}

/** Codes of all tokens but the first, in order. */
async function* codes({ model, sae, at, ids }: LookedAt): AsyncGenerator<Codes, void, undefined> {
  const { tokens, features } = model.config
  const { latents } = sae.config
  const step = tokens - 1
  const sequences = Math.floor((ids.length - 1) / step)
  const rows = Math.min(sequences, Math.max(1, Math.floor(AT_A_TIME / tokens)))
  using run = compile(
    (x: Tensor) => {
      const { embedded, blocks, last } = model.hidden(x)
      const found = { embedded, last }[at as string] ?? (blocks[Number(at.slice(7))] as Tensor)
      const rest = slice(found, [0, 1, 0], [rows, step, features])
      return sae.encode(reshape(rest, [rows * step, features])).latents
    },
    { modules: [model, sae] },
  )
  for (let first = 0; first < sequences; first += rows) {
    const kept = Math.min(rows, sequences - first)
    // One shape for all batches: the last one is filled up with zeros, whose codes are cut off.
    const batch = new Int32Array(rows * tokens)
    for (let row = 0; row < kept; row++) {
      const start = (first + row) * step
      batch.set(ids.subarray(start, start + tokens), row * tokens)
    }
    const x = tensor2d(batch, [rows, tokens], 'int32')
    const code = await run(x)
    const values = (await code.data()) as Float32Array
    x.dispose()
    code.dispose()
    yield { first: first * step + 1, values: values.subarray(0, kept * step * latents) }
  }
}
