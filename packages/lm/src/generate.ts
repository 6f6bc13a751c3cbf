/**
 * Text from a language model, token after token, with the keys and values of earlier tokens kept in a cache.
 */
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core'
import { dispose, gather, reshape, scalar, tensor2d } from '@tensorflow/tfjs-core'
import { type Compiled, check, compile, Rng } from '@winnow/core'
import { checkIds, type KeyValueCache } from '@winnow/layers'
import type { LanguageModel } from './language-model.ts'
import { type SampleOptions, sampleLogits } from './sample-logits.ts'

/** Options of {@link generate}. */
export interface GenerateOptions extends SampleOptions {
  /** The most new tokens; 100 by default. */
  readonly tokens?: number
  /** Ids that end the text, such as the end of a text; they are not part of the result. */
  readonly stop?: number | readonly number[]
  /** Draws the tokens; one of seed 0 by default. */
  readonly rng?: Rng
  /** Ends the work with the signal's reason. */
  readonly signal?: AbortSignal
  /** Is told each new token, and waited for. */
  readonly onToken?: (id: number) => void | Promise<void>
}

/** Prompts are filled up to a multiple of this, so that few functions are compiled. */
const PROMPT_STEP = 16

/**
 * New ids after `prompt`, by the model's own probabilities unless the options say otherwise. Where the model's context is
 * full, its later half becomes the prompt of what follows.
 *
 * @param prompt at least one id; of a longer one than the context, the end is used
 * @throws WinnowError for an empty prompt, ids outside of the vocabulary, and options out of range
 */
export async function generate(
  model: LanguageModel,
  prompt: ArrayLike<number>,
  options: GenerateOptions = {},
): Promise<Int32Array> {
  const { tokens = 100, stop = [], rng = new Rng(0), signal, onToken } = options
  const { tokens: capacity, vocabulary } = model.config
  check(prompt.length > 0, () => 'generate: prompt: no ids came, expected at least one')
  checkIds('generate: prompt', prompt, vocabulary)
  check(
    Number.isSafeInteger(tokens) && tokens >= 0,
    () => `generate: tokens: ${tokens} came, expected a whole number >= 0`,
  )
  const ends = new Set(typeof stop === 'number' ? [stop] : stop)
  const seen = Array.from(prompt)
  const made: number[] = []
  using decoder = new Decoder(model)
  let logits: Float32Array | undefined
  while (made.length < tokens) {
    signal?.throwIfAborted()
    if (logits === undefined || decoder.filled === capacity) {
      const room = made.length === 0 ? capacity : Math.max(1, capacity >> 1)
      logits = await decoder.start(seen.slice(-room))
    } else logits = await decoder.next(seen.at(-1) as number)
    signal?.throwIfAborted()
    const id = sampleLogits(logits, rng, options)
    if (ends.has(id)) break
    seen.push(id)
    made.push(id)
    await onToken?.(id)
  }
  return Int32Array.from(made)
}

type DecoderStep = Compiled<[ids: Tensor, position: Tensor, last: Tensor], Tensor>

/** Computes the logits after a sequence that grows. */
class Decoder implements Disposable {
  /** Tokens in the cache. */
  filled = 0
  readonly #capacity: number
  readonly #caches: readonly KeyValueCache[]
  readonly #run: DecoderStep

  constructor(model: LanguageModel) {
    const caches = model.newCaches(1)
    this.#caches = caches
    this.#capacity = model.config.tokens
    this.#run = compile(
      (ids: Tensor, position: Tensor, last: Tensor) => {
        const { last: hidden } = model.hidden(ids, undefined, { caches, position })
        const [, count, features] = hidden.shape as [number, number, number]
        const row = gather(reshape(hidden, [count, features]), reshape(last, [1]) as Tensor1D)
        return model.transformer.embedding.logits(row)
      },
      { modules: [model, ...caches] },
    )
  }

  /** Logits after `ids`, the first of a new sequence. */
  async start(ids: readonly number[]): Promise<Float32Array> {
    const filledUp = Math.ceil(ids.length / PROMPT_STEP) * PROMPT_STEP
    // What stands behind the last id is written over before anything looks at it.
    const padded = new Int32Array(Math.min(this.#capacity, filledUp))
    padded.set(ids)
    this.filled = ids.length
    return await this.#logits(padded, 0, ids.length - 1)
  }

  /** Logits after one more id. */
  async next(id: number): Promise<Float32Array> {
    return await this.#logits(Int32Array.of(id), this.filled++, 0)
  }

  [Symbol.dispose](): void {
    this.#run.dispose()
    for (const cache of this.#caches) cache.dispose()
  }

  async #logits(ids: Int32Array, position: number, last: number): Promise<Float32Array> {
    const inputs = [
      tensor2d(ids, [1, ids.length], 'int32'),
      scalar(position, 'int32'),
      scalar(last, 'int32'),
    ] as const
    const logits = await this.#run(...inputs)
    try {
      return (await logits.data()) as Float32Array
    } finally {
      dispose([logits, ...inputs])
    }
  }
}
