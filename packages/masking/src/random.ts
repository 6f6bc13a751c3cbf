/**
 * Random masking: every set of tokens of the right size is as likely as another (He et al. 2021, Masked Autoencoders).
 */
import type { Rng } from '@winnow/core'
import {
  checkFields,
  checkRatio,
  countOf,
  hostMaskStrategy,
  type MaskSpec,
  type MaskStrategy,
  type RatioOptions,
  tokensOf,
} from './strategy.ts'

/** {@link randomMask} as plain JSON. */
export interface RandomMaskSpec extends MaskSpec, RatioOptions {
  readonly kind: 'random'
}

/**
 * Hides tokens uniformly at random. For any grid of one to three axes.
 *
 * @throws WinnowError on a ratio outside [0, 1); from `count` and `draw` when it keeps no token of the grid
 */
export function randomMask(options: RatioOptions | RandomMaskSpec): MaskStrategy {
  const { ratio } = options
  const spec: RandomMaskSpec = { kind: 'random', ratio }
  checkFields({ ...options, kind: 'random' }, ['ratio'])
  checkRatio('random', ratio)
  const count: MaskStrategy['count'] = (grid) => countOf('random', tokensOf('random', grid), ratio)
  return hostMaskStrategy({
    spec,
    count,
    hide: (grid, rng) => {
      const { kept, hidden } = count(grid)
      return chosen(kept + hidden, hidden, rng)
    },
  })
}

/** Flags of `length`, `count` of them 1 at random. */
function chosen(length: number, count: number, rng: Rng): Uint8Array {
  const flags = new Uint8Array(length)
  for (const place of rng.permutation(length).subarray(0, count)) flags[place] = 1
  return flags
}
