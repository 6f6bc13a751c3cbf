/**
 * Blockwise masking: rectangles of random size and shape until enough is hidden (Bao et al. 2021, BEiT, algorithm 1).
 *
 * A rectangle's area is uniform between `least` and what is still to be hidden, its aspect log-uniform between `aspect`
 * and 1 / `aspect`. BEiT stops where no rectangle fits any more, with fewer hidden than asked for; here the rest is taken
 * one by one from the visible tokens beside hidden ones, so that the count is exact and the mask stays in blocks.
 */
import { check, type Rng } from '@winnow/core'
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

/** Options of {@link blockMask}. */
export interface BlockMaskOptions extends RatioOptions {
  /** Tokens of the smallest block, 16 by default; a smaller one may come last. */
  readonly least?: number
  /** The least ratio of a block's sides, in (0, 1]; 0.3 by default. */
  readonly aspect?: number
}

/** {@link blockMask} as plain JSON. */
export interface BlockMaskSpec extends MaskSpec, BlockMaskOptions {
  readonly kind: 'block'
}

/** Attempts to place a block before the rest is taken one by one, as in BEiT. */
const ATTEMPTS = 10

/**
 * Hides rectangles of a grid `[rows, columns]`, or spans of `[tokens]`.
 *
 * @throws WinnowError on options out of range; from `count` and `draw` when the ratio keeps no token of the grid
 */
export function blockMask(options: BlockMaskOptions | BlockMaskSpec): MaskStrategy {
  const spec: BlockMaskSpec = { ...options, kind: 'block' }
  checkFields(spec, ['ratio', 'least', 'aspect'])
  const { ratio, least = 16, aspect = 0.3 } = spec
  checkRatio('block', ratio)
  check(
    Number.isInteger(least) && least >= 1,
    () => `block: least: ${least} came, expected a whole number >= 1`,
  )
  check(
    aspect > 0 && aspect <= 1,
    () => `block: aspect: ${aspect} came, expected a number above 0 and up to 1`,
  )
  const count: MaskStrategy['count'] = (grid) =>
    countOf('block', tokensOf('block', grid, [1, 2]), ratio)
  return hostMaskStrategy({
    spec,
    count,
    hide: (grid, rng) => {
      const [columns = 1, rows = 1] = [...grid].reverse()
      const blocks = new Blocks(rows, columns)
      let left = count(grid).hidden
      while (left > 0) {
        const placed = placeBlock(blocks, left, Math.min(least, left), aspect, rng)
        if (placed === 0) {
          for (; left > 0; left--) blocks.grow(rng)
        }
        left -= placed
      }
      return blocks.flags
    },
  })
}

/** Tries to hide one block of at most `most` tokens that are visible yet; returns how many it hid. */
function placeBlock(blocks: Blocks, most: number, least: number, aspect: number, rng: Rng): number {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const area = least + rng.number() * (most - least)
    const ratio = Math.exp((2 * rng.number() - 1) * Math.log(aspect))
    const line = blocks.rows === 1 || blocks.columns === 1
    const height = blocks.rows === 1 ? 1 : Math.round(line ? area : Math.sqrt(area * ratio))
    const width = blocks.columns === 1 ? 1 : Math.round(line ? area : Math.sqrt(area / ratio))
    if (height < 1 || width < 1 || height > blocks.rows || width > blocks.columns) continue
    const top = Math.floor(rng.number() * (blocks.rows - height + 1))
    const left = Math.floor(rng.number() * (blocks.columns - width + 1))
    const visible = blocks.visible(top, left, height, width)
    if (visible.length === 0 || visible.length > most) continue
    for (const place of visible) blocks.flags[place] = 1
    return visible.length
  }
  return 0
}

/** A grid with its hidden tokens. */
class Blocks {
  readonly rows: number
  readonly columns: number
  readonly flags: Uint8Array

  constructor(rows: number, columns: number) {
    this.rows = rows
    this.columns = columns
    this.flags = new Uint8Array(rows * columns)
  }

  /** The visible tokens of a rectangle. */
  visible(top: number, left: number, height: number, width: number): number[] {
    const found: number[] = []
    for (let row = top; row < top + height; row++) {
      for (let column = left; column < left + width; column++) {
        const place = row * this.columns + column
        if (this.flags[place] === 0) found.push(place)
      }
    }
    return found
  }

  /** Hides one more token: a random one of those beside a hidden one, or any where nothing is hidden. */
  grow(rng: Rng): void {
    const free = this.visible(0, 0, this.rows, this.columns)
    const beside = free.filter((place) => this.#touches(place))
    const from = beside.length > 0 ? beside : free
    this.flags[from[Math.floor(rng.number() * from.length)] as number] = 1
  }

  #touches(place: number): boolean {
    const column = place % this.columns
    return (
      this.flags[place - this.columns] === 1 ||
      this.flags[place + this.columns] === 1 ||
      (column > 0 && this.flags[place - 1] === 1) ||
      (column < this.columns - 1 && this.flags[place + 1] === 1)
    )
  }
}
