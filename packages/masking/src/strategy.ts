/**
 * What every mask strategy is: a description in plain JSON, the number of tokens that it hides of a grid, and the draw.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { check, type Rng, unknownName } from '@winnow/core'
import { drawMask, type Mask, type MaskCount } from './mask.ts'

/** A strategy as plain JSON, for the configuration of a model: its kind, and what that kind needs to know. */
export interface MaskSpec {
  readonly kind: string
}

/** What a draw may need to know of the batch. */
export interface DrawOptions {
  /**
   * For whole words: the number of the word that each token belongs to, `[batch, tokens]`; -1 for separators, which
   * stay visible, and -2 for padding.
   */
  readonly words?: Tensor | readonly ArrayLike<number>[]
}

/** Chooses tokens to hide. */
export interface MaskStrategy {
  /** Its description: `maskStrategy(spec)` makes it again. */
  readonly spec: MaskSpec
  /** So that a configuration that holds a strategy is plain JSON in a file. */
  toJSON(): MaskSpec
  /**
   * Tokens kept and hidden of each example.
   *
   * @param grid tokens along each axis: `[tokens]`, `[rows, columns]` or `[frames, rows, columns]`
   * @throws WinnowError when the grid does not suit the strategy, or nothing would be kept
   */
  count(grid: readonly number[]): MaskCount
  /**
   * Flags for one example on the host: 1 for a hidden token. What strategies that are made of others need (a tube); a
   * strategy that must look at tensors has none.
   */
  hide?(grid: readonly number[], rng: Rng): ArrayLike<number | boolean>
  /**
   * A mask of its own for each of `batch` examples, tokens numbered row by row. Seeded, and the same on every backend.
   * Inside a compiled function it is drawn anew at each call.
   */
  draw(grid: readonly number[], batch: number, rng: Rng, options?: DrawOptions): Mask
}

/** The share of tokens to hide. */
export interface RatioOptions {
  /** From 0 (nothing) to below 1. */
  readonly ratio: number
}

/** What a strategy that chooses on the host consists of. */
export interface MaskStrategyParts {
  /** See {@link MaskStrategy.spec}. */
  readonly spec: MaskSpec
  /** See {@link MaskStrategy.count}. */
  readonly count: MaskStrategy['count']
  /** See {@link MaskStrategy.hide}. */
  readonly hide: NonNullable<MaskStrategy['hide']>
}

/** A strategy that chooses what to hide of each example on the host; `hide` must hide what `count` says. */
export function hostMaskStrategy({ spec, count, hide }: MaskStrategyParts): MaskStrategy {
  return {
    spec,
    toJSON: () => spec,
    count,
    hide,
    draw: (grid, batch, rng) =>
      drawMask(count(grid), batch, rng, (generator) => hide(grid, generator)),
  }
}

/**
 * Keeps `floor(tokens * (1 - ratio))` tokens, as the masked autoencoder does.
 *
 * @throws WinnowError when that is none
 */
export function countOf(kind: string, tokens: number, ratio: number): MaskCount {
  // In floating point, 10 * (1 - 0.9) lies just below 1.
  const kept = Math.floor(tokens * (1 - ratio) + 1e-9)
  check(
    kept >= 1,
    () =>
      `${kind}: ratio: ${ratio} of ${tokens} tokens would keep none, expected at most ${1 - 1 / tokens}`,
  )
  return { kept, hidden: tokens - kept }
}

/** Throws unless a ratio is a number from 0 to below 1. */
export function checkRatio(kind: string, ratio: number): void {
  check(
    typeof ratio === 'number' && ratio >= 0 && ratio < 1,
    () => `${kind}: ratio: ${JSON.stringify(ratio)} came, expected a number from 0 to below 1`,
  )
}

/** The number of tokens of a grid; throws unless it has one of the numbers of axes in `ranks`. */
export function tokensOf(
  kind: string,
  grid: readonly number[],
  ranks: readonly number[] = [1, 2, 3],
): number {
  check(
    Array.isArray(grid) &&
      ranks.includes(grid.length) &&
      grid.every((size) => Number.isInteger(size) && size >= 1),
    () =>
      `${kind}: grid: ${JSON.stringify(grid)} came, expected ${ranks.join(' or ')} whole numbers >= 1`,
  )
  return grid.reduce((product, size) => product * size, 1)
}

/** Throws when a description, which may come from a file, has a field that its kind does not know. */
export function checkFields(spec: MaskSpec, known: readonly string[]): void {
  for (const field of Object.keys(spec)) {
    if (field !== 'kind' && !known.includes(field)) {
      throw unknownName(`${spec.kind}: field`, field, known)
    }
  }
}
