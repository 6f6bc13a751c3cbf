/**
 * The collator: what is hidden of each passage is settled on the host, before a batch becomes tensors, so that it is the
 * same on every backend and at every resume.
 *
 * For the encoder whole words are hidden (Devlin et al., 2019): 8 of 10 such tokens become the mask token, one a random id,
 * one stays. For the decoder (Xiao et al., 2022) each row sees a choice of whole words of its own, and never itself; the
 * choices are drawn from a pool, as in the official code (which draws as many as there are tokens, at most 256). For the
 * bag of words each distinct token of a text of n tokens weighs 1/n.
 */
import { type BatchMap, check, type HostArray, type HostBatch, type Rng } from '@winnow/core'
import { maskIndices, wholeWordFlags } from '@winnow/masking'
import type { SpecialIds } from '../encoder/special-ids.ts'
import { PADDING } from './passages.ts'

/** What the collator must know. */
export interface CollateOptions {
  readonly vocabulary: number
  readonly special: SpecialIds
  /** Share of a passage's tokens that the encoder does not see. */
  readonly encoderMask: number
  /** Of the hidden tokens, the share that becomes the mask token, and that which becomes a random id. */
  readonly corruption: { readonly mask: number; readonly random: number }
  /** For the decoder: the share of the tokens that a row does not see, and the size of the pool. */
  readonly decoder?: { readonly mask: number; readonly pool: number } | undefined
  /** Whether the bag of words is asked for. */
  readonly bagOfWords: boolean
}

/** How many tokens of a passage are kept and hidden; the same for all, padding counted. */
export function hiddenCount(
  tokens: number,
  ratio: number,
): { readonly kept: number; readonly hidden: number } {
  const kept = Math.floor(tokens * (1 - ratio) + 1e-9)
  return { kept, hidden: tokens - kept }
}

/**
 * Makes of ids and words (`encodePassages`): `inputs` (the ids), `masked` (what the encoder sees), `order` and `restore`
 * (the mask), `targets` int32 `[batch, hidden]` (padding where nothing is asked), and where asked for `visible` float32
 * `[batch, tokens, tokens]` and `bag` float32 `[batch, vocabulary]`.
 */
export function collator(options: CollateOptions): BatchMap {
  return ({ inputs, words }, rng) => {
    check(
      inputs.data instanceof Int32Array &&
        words?.data instanceof Int32Array &&
        words.shape.join() === inputs.shape.join(),
      () =>
        `collator: inputs [${inputs.shape}] and words [${words?.shape}] came, expected int32 [batch, tokens] both`,
    )
    const ids = inputs as HostArray<Int32Array>
    const places = words as HostArray<Int32Array>
    return {
      inputs,
      ...maskedFields(ids, places, options, rng),
      ...(options.decoder && { visible: visibility(places, options.decoder, rng) }),
      ...(options.bagOfWords && { bag: bagOfWords(ids, places, options.vocabulary) }),
    }
  }
}

/** One row of `[batch, tokens]`. */
function row({ data, shape }: HostArray<Int32Array>, at: number): Int32Array {
  const tokens = shape[1] as number
  return data.subarray(at * tokens, (at + 1) * tokens)
}

function maskedFields(
  ids: HostArray<Int32Array>,
  words: HostArray<Int32Array>,
  options: CollateOptions,
  rng: Rng,
): Omit<HostBatch, 'inputs'> {
  const { encoderMask: ratio, special, vocabulary, corruption } = options
  const [batch, tokens] = ids.shape as [number, number]
  const count = hiddenCount(tokens, ratio)
  const indices = maskIndices(count, batch, (e) =>
    wholeWordFlags(row(words, e), { ratio, hidden: count.hidden })(rng.fold(3 * e)),
  )
  const half = batch * tokens
  const masked = ids.data.slice()
  const targets = new Int32Array(batch * count.hidden)
  for (let e = 0; e < batch; e++) {
    const draws = rng.fold(3 * e + 1).uniformValues(2 * count.hidden)
    for (let i = 0; i < count.hidden; i++) {
      const place = e * tokens + (indices[e * tokens + count.kept + i] as number)
      const id = ids.data[place] as number
      targets[e * count.hidden + i] = id
      const draw = draws[2 * i] as number
      if (id === special.padding || draw >= corruption.mask + corruption.random) continue
      const other = Math.floor((draws[2 * i + 1] as number) * vocabulary)
      const random = draw >= corruption.mask && !Object.values(special).includes(other)
      masked[place] = random ? other : special.mask
    }
  }
  const field = (data: Int32Array, shape: readonly number[]): HostArray<Int32Array> => ({
    data,
    shape,
  })
  return {
    masked: field(masked, ids.shape),
    order: field(indices.subarray(0, half), ids.shape),
    restore: field(indices.subarray(half), ids.shape),
    targets: field(targets, [batch, count.hidden]),
  } as unknown as Omit<HostBatch, 'inputs'>
}

/** 1 where the row's token may look at the column's. Class token and separator are seen by all others, padding by none. */
function visibility(
  words: HostArray<Int32Array>,
  { mask, pool }: { readonly mask: number; readonly pool: number },
  rng: Rng,
): HostArray<Float32Array> {
  const [batch, tokens] = words.shape as [number, number]
  const data = new Float32Array(batch * tokens * tokens)
  for (let e = 0; e < batch; e++) {
    const own = row(words, e)
    const count = own.reduce((sum, word) => sum + (word >= 0 ? 1 : 0), 0)
    const draw = wholeWordFlags(own, { ratio: mask, hidden: hiddenCount(count, mask).hidden })
    const generator = rng.fold(3 * e + 2)
    const masks = Array.from({ length: Math.min(pool, tokens) }, () => {
      const flags = draw(generator)
      return Float32Array.from(own, (word, i) => (word === PADDING || flags[i] === 1 ? 0 : 1))
    })
    const picks = generator.uniformValues(tokens)
    for (let i = 0; i < tokens; i++) {
      const start = (e * tokens + i) * tokens
      data.set(masks[Math.floor((picks[i] as number) * masks.length)] as Float32Array, start)
      data[start + i] = 0
    }
  }
  return { data, shape: [batch, tokens, tokens] }
}

/** 1/n for each distinct token of words, n being how many tokens of words there are. */
function bagOfWords(
  ids: HostArray<Int32Array>,
  words: HostArray<Int32Array>,
  vocabulary: number,
): HostArray<Float32Array> {
  const [batch] = ids.shape as [number]
  const data = new Float32Array(batch * vocabulary)
  for (let e = 0; e < batch; e++) {
    const own = row(ids, e).filter((_, i) => (row(words, e)[i] as number) >= 0)
    for (const id of own) data[e * vocabulary + id] = 1 / own.length
  }
  return { data, shape: [batch, vocabulary] }
}
