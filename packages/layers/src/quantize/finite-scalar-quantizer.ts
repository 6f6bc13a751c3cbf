/**
 * Finite scalar quantisation (Mentzer et al., 2023: "Finite scalar quantization: VQ-VAE made simple"): each number is
 * bounded and rounded to one of a few levels, so the codebook is a grid and nothing is learnt.
 *
 *     bounded = half tanh(x + shift) - offset,    half = (levels - 1)(1 - 0.001) / 2
 *     offset = 0, shift = 0 for odd levels; offset = 1/2, shift = tan(offset / half) for even ones
 *     quantized = round(bounded) / floor(levels / 2)
 *
 * Rounding is straight-through; the gradient of the bound is its own.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { add, div, mul, round, scalar, sub, tanh, tensor1d } from '@tensorflow/tfjs-core'
import { type Context, check, Module } from '@winnow/core'
import { useOfIndices } from './entry-use.ts'
import { countEntries, digitsToIndices, indicesToDigits } from './mixed-radix.ts'
import {
  checkIndices,
  checkOptions,
  checkVectors,
  type Quantizer,
  type QuantizerResult,
  straightThrough,
} from './quantizer.ts'

/** Keeps the outermost levels from lying at infinity; the paper's. */
const MARGIN = 1e-3

/** See {@link FiniteScalarQuantizer}. */
export interface FiniteScalarQuantizerConfig {
  /** Levels of each number, 2 or more; 5 or more is the paper's advice. `[8, 6, 5]` makes 240 entries, at most 2^24. */
  readonly levels: readonly number[]
}

/**
 * `[batch, ..., levels.length]` to a {@link QuantizerResult}. Values of an odd number of levels are spread over [-1, 1], of
 * an even number over [-1, 1): 4 levels are -1, -0.5, 0 and 0.5. The index counts the first number's levels fastest. The
 * loss is 0, and there are no slots.
 */
export class FiniteScalarQuantizer extends Module implements Quantizer {
  readonly config: FiniteScalarQuantizerConfig
  /** The product of the levels. */
  readonly entries: number

  /** @throws WinnowError when levels are no list of whole numbers >= 2, or make too many entries */
  constructor(config: FiniteScalarQuantizerConfig) {
    super()
    const { levels } = config
    checkOptions('FiniteScalarQuantizer', config, ['levels'])
    check(
      Array.isArray(levels) &&
        levels.length > 0 &&
        levels.every((count) => Number.isInteger(count) && count >= 2),
      () =>
        `FiniteScalarQuantizer: levels: ${JSON.stringify(levels)} came, expected a list of whole numbers >= 2`,
    )
    this.config = config
    this.entries = countEntries('FiniteScalarQuantizer: levels', levels)
  }

  /** @throws WinnowError when `x` is not float32 `[batch, ..., levels.length]` */
  forward(x: Tensor, _context?: Context): QuantizerResult {
    const { levels } = this.config
    checkVectors('FiniteScalarQuantizer', x, levels.length)
    const bounded = this.#bound(x)
    const digits = add(straightThrough(bounded, round(bounded)), this.#halfWidths())
    const indices = digitsToIndices(digits, levels)
    return {
      quantized: this.#valuesOf(digits),
      indices,
      loss: scalar(0),
      ...useOfIndices(indices, this.entries),
    }
  }

  /**
   * Indices int32 `[...]` to the values `[..., levels.length]`. Indices from 0 to `entries - 1` are taken for granted.
   *
   * @throws WinnowError when `indices` are not int32
   */
  decode(indices: Tensor): Tensor {
    checkIndices('FiniteScalarQuantizer', indices)
    return this.#valuesOf(indicesToDigits(indices, this.config.levels))
  }

  /** To the range whose rounding gives each level. */
  #bound(x: Tensor): Tensor {
    const { levels } = this.config
    const halves = levels.map((count) => ((count - 1) * (1 - MARGIN)) / 2)
    const offsets = levels.map((count) => (count % 2 === 0 ? 0.5 : 0))
    const shifts = offsets.map((offset, i) => Math.tan(offset / (halves[i] as number)))
    return sub(mul(tanh(add(x, tensor1d(shifts))), tensor1d(halves)), tensor1d(offsets))
  }

  /** Digits from 0 to levels - 1 as values. */
  #valuesOf(digits: Tensor): Tensor {
    const halfWidths = this.#halfWidths()
    return div(sub(digits, halfWidths), halfWidths)
  }

  #halfWidths(): Tensor {
    return tensor1d(this.config.levels.map((count) => Math.floor(count / 2)))
  }
}
