/**
 * A mask as indices: which tokens of each example are kept, which are hidden, and the way back.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { cast, greaterEqual, reshape, slice, tensor, tidy } from '@tensorflow/tfjs-core'
import { check, type Rng, withoutGradient } from '@winnow/core'

/** How many tokens of each example are kept and hidden; the same for all examples, so that shapes are static. */
export interface MaskCount {
  readonly kept: number
  readonly hidden: number
}

/**
 * What is kept and hidden of a batch of token sequences. A plain record: it passes through compiled functions, and
 * `tf.dispose(mask)` frees it.
 */
export interface Mask extends MaskCount {
  /** int32 `[batch, tokens]`: the places of the kept tokens, then those of the hidden ones, each in rising order. */
  readonly order: Tensor
  /** int32 `[batch, tokens]`: the inverse of `order`: where each token stands in it. Hidden are those at `kept` or after. */
  readonly restore: Tensor
  /** `kept + hidden`. */
  readonly tokens: number
}

/** Chooses what to hide of one example: 1 for a hidden token, 0 for a kept one. */
export type HideTokens = (rng: Rng, example: number) => ArrayLike<number | boolean>

/**
 * A mask drawn on the host, each example by a generator of its own. Inside a compiled function it is drawn anew at each
 * call.
 *
 * @param count what `hide` must come to
 * @param hide depends on its arguments and on constants alone (see {@link Rng.generate})
 */
export function drawMask(count: MaskCount, batch: number, rng: Rng, hide: HideTokens): Mask {
  checkBatch(batch)
  const tokens = count.kept + count.hidden
  const indices = (generator: Rng): Int32Array =>
    maskIndices(count, batch, (example) => hide(generator.fold(example), example))
  return maskOf(() => rng.generate([2, batch, tokens], 'int32', indices), count)
}

/**
 * The mask that hides what the caller says.
 *
 * @param hidden for each example a row of one flag for each token: true or 1 hides it
 * @throws WinnowError when the rows differ in length or in how many they hide, or one keeps nothing
 */
export function maskFromHidden(hidden: readonly ArrayLike<number | boolean>[]): Mask {
  const [first] = hidden
  check(first !== undefined, () => 'maskFromHidden: hidden: no rows came, expected one an example')
  const count = { hidden: countHidden(first), kept: first.length - countHidden(first) }
  checkKept('maskFromHidden: hidden', count)
  const indices = maskIndices(count, hidden.length, (example) => hidden[example] ?? [])
  return maskOf(() => tensor(indices, [2, hidden.length, first.length], 'int32'), count)
}

/** float32 `[batch, tokens]`: 1 for a hidden token, 0 for a kept one. A constant for every gradient. */
export function hiddenIndicator(mask: Mask): Tensor {
  return withoutGradient(() => tidy(() => cast(greaterEqual(mask.restore, mask.kept), 'float32')))
}

/**
 * Both index lists of a batch, `[2, batch, tokens]`: `order`, then its inverse.
 *
 * @throws WinnowError when an example hides another number of tokens than `count` says
 */
export function maskIndices(
  { kept, hidden }: MaskCount,
  batch: number,
  hide: (example: number) => ArrayLike<number | boolean>,
): Int32Array {
  const tokens = kept + hidden
  const indices = new Int32Array(2 * batch * tokens)
  for (let example = 0; example < batch; example++) {
    const flags = hide(example)
    const found = countHidden(flags)
    check(
      flags.length === tokens && found === hidden,
      () =>
        `mask: example ${example} hides ${found} of ${flags.length} tokens, expected ${hidden} of ${tokens}`,
    )
    const start = example * tokens
    let nextKept = 0
    let nextHidden = kept
    for (let token = 0; token < tokens; token++) {
      const place = flags[token] ? nextHidden++ : nextKept++
      indices[start + place] = token
      indices[(batch + example) * tokens + token] = place
    }
  }
  return indices
}

/** The mask of the indices that `make` gives: `[2, batch, tokens]`, as {@link maskIndices} lists them. */
export function maskOf(make: () => Tensor, { kept, hidden }: MaskCount): Mask {
  const tokens = kept + hidden
  const [order, restore] = tidy(() => {
    const indices = make()
    const batch = indices.shape[1] as number
    const part = (at: number): Tensor =>
      reshape(slice(indices, [at, 0, 0], [1, batch, tokens]), [batch, tokens])
    return withoutGradient(() => [part(0), part(1)] as const) as [Tensor, Tensor]
  })
  return { order, restore, kept, hidden, tokens }
}

/** Throws unless at least one token is kept. */
export function checkKept(argument: string, { kept, hidden }: MaskCount): void {
  check(
    kept >= 1,
    () => `${argument}: all ${hidden} tokens would be hidden, expected at least one to be kept`,
  )
}

/** Throws unless `batch` is a number of examples. */
export function checkBatch(batch: number): void {
  check(
    Number.isInteger(batch) && batch >= 1,
    () => `mask: batch: ${batch} came, expected a whole number >= 1`,
  )
}

function countHidden(flags: ArrayLike<number | boolean>): number {
  let hidden = 0
  for (let i = 0; i < flags.length; i++) if (flags[i]) hidden++
  return hidden
}
