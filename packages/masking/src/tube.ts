/**
 * Tube masking for video: one mask of the plane, the same in every frame, so that a hidden patch cannot be read off a
 * neighbouring frame (Tong et al. 2022, VideoMAE).
 */
import { check, type Rng } from '@winnow/core'
import type { BlockMaskSpec } from './block.ts'
import type { GridMaskSpec } from './grid.ts'
import { type RandomMaskSpec, randomMask } from './random.ts'
import {
  checkFields,
  hostMaskStrategy,
  type MaskSpec,
  type MaskStrategy,
  tokensOf,
} from './strategy.ts'

/** Options of {@link tubeMask}: `ratio`, or `plane` in its place. */
export interface TubeMaskOptions {
  /** The share of each frame's tokens to hide at random, from 0 to below 1. */
  readonly ratio?: number
  /** In place of `ratio`: the strategy for the plane `[rows, columns]`, such as `{ kind: 'block', ratio: 0.5 }`. */
  readonly plane?: RandomMaskSpec | BlockMaskSpec | GridMaskSpec | MaskSpec
  /** Length of a tube in frames of tokens, after which another mask begins; the whole clip by default. */
  readonly frames?: number
}

/** {@link tubeMask} as plain JSON. */
export interface TubeMaskSpec extends MaskSpec, TubeMaskOptions {
  readonly kind: 'tube'
}

/**
 * Makes {@link tubeMask} with a way to build the plane's strategy from its description.
 *
 * @throws WinnowError on options out of range; from `count` and `draw` when they do not suit the grid
 */
export function buildTubeMask(
  options: TubeMaskOptions | TubeMaskSpec,
  build: (spec: MaskSpec) => MaskStrategy,
): MaskStrategy {
  const spec: TubeMaskSpec = { ...options, kind: 'tube' }
  checkFields(spec, ['ratio', 'plane', 'frames'])
  const { ratio, plane, frames } = spec
  check(
    (ratio === undefined) !== (plane === undefined),
    () => `tube: ratio ${ratio} and plane ${JSON.stringify(plane)} came, expected one of the two`,
  )
  check(
    frames === undefined || (Number.isInteger(frames) && frames >= 1),
    () => `tube: frames: ${frames} came, expected a whole number >= 1`,
  )
  const inner = plane === undefined ? randomMask({ ratio: ratio as number }) : build(plane)
  check(
    inner.hide !== undefined,
    () => `tube: plane: '${inner.spec.kind}' came, expected a strategy that chooses on the host`,
  )
  const hidePlane = inner.hide as NonNullable<MaskStrategy['hide']>

  const lengthOf = (grid: readonly number[]): number => {
    tokensOf('tube', grid, [3])
    const [clip] = grid as [number]
    const length = frames ?? clip
    check(
      clip % length === 0,
      () =>
        `tube: grid: a clip of ${clip} frames came, expected a multiple of the tube's ${length}`,
    )
    return length
  }
  return hostMaskStrategy({
    spec,
    count: (grid) => {
      lengthOf(grid)
      const [clip = 1, ...flat] = grid
      const { kept, hidden } = inner.count(flat)
      return { kept: clip * kept, hidden: clip * hidden }
    },
    hide: (grid, rng: Rng) => {
      const length = lengthOf(grid)
      const [clip = 1, rows = 1, columns = 1] = grid
      const flags = new Uint8Array(clip * rows * columns)
      let current: ArrayLike<number | boolean> = []
      for (let frame = 0; frame < clip; frame++) {
        if (frame % length === 0) current = hidePlane([rows, columns], rng.split())
        for (let i = 0; i < rows * columns; i++) {
          flags[frame * rows * columns + i] = current[i] ? 1 : 0
        }
      }
      return flags
    },
  })
}
