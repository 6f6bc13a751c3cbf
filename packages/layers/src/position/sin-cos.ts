/**
 * Sine-cosine positions (Vaswani et al., 2017): each place gets waves of geometrically falling frequency.
 *
 *     omega_k = base^(-k / (features / 2)),   [sin(position omega_0), sin(position omega_1), ..., cos(position omega_0), ...]
 *
 * On a grid of several axes the width is shared out: an equal part for each axis, the last axis (columns) first, as the
 * masked autoencoder has it for images (He et al., 2021).
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { cast, concat, cos, expandDims, mul, sin, tensor } from '@tensorflow/tfjs-core'
import { check, Module, State } from '@winnow/core'
import { checkCount, checkShape, sizeOf } from '../shape.ts'
import { checkRows, type Positions, rowsAt } from './positions.ts'

/** See {@link sinCos}. */
export interface SinCosOptions {
  /** Wavelengths run from 2 pi to 2 pi times this; 10000 by default. */
  readonly base?: number
}

/**
 * The waves at places that need not be whole: `[...]` to `[..., features]`, all sines first.
 *
 * @throws WinnowError when `features` is odd
 */
export function sinCos(positions: Tensor, features: number, options: SinCosOptions = {}): Tensor {
  const frequencies = frequenciesOf('sinCos', features, options.base)
  const angles = mul(
    expandDims(cast(positions, 'float32'), -1),
    tensor(frequencies, [frequencies.length], 'float32'),
  )
  return concat([sin(angles), cos(angles)], -1)
}

/** See {@link sinCosPositions}. */
export interface SinCosPositionsOptions extends SinCosOptions {
  /** Whether a row of zeros, for a class token, comes first; false by default. */
  readonly classToken?: boolean
}

/**
 * The positions of all places of a grid in row-major order, `[places, features]` (`[1 + places, features]` with a class
 * token): `[49]` is a sequence, `[7, 7]` an image of so many rows and columns, `[8, 7, 7]` a clip.
 *
 * @throws WinnowError when `features` is not a multiple of twice the number of axes
 */
export function sinCosPositions(
  grid: readonly number[],
  features: number,
  options: SinCosPositionsOptions = {},
): Tensor {
  const axes = grid.length
  check(
    axes >= 1 && axes <= 3,
    () => `sinCosPositions: grid: [${grid}] came, expected 1 to 3 sizes`,
  )
  checkShape('sinCosPositions: grid', grid)
  check(
    Number.isInteger(features) && features >= 1 && features % (2 * axes) === 0,
    () =>
      `sinCosPositions: features: ${features} came, expected a multiple of ${2 * axes} for a grid of ${axes} ${axes === 1 ? 'axis' : 'axes'}`,
  )
  const frequencies = frequenciesOf('sinCosPositions', features / axes, options.base)
  const first = options.classToken === true ? 1 : 0
  const rows = first + sizeOf(grid)
  // On the host in float64: the same numbers everywhere, and the sine of a large angle is exact.
  const values = new Float32Array(rows * features)
  for (let row = first; row < rows; row++) {
    let place = row - first
    let offset = row * features
    for (const size of [...grid].reverse()) {
      const position = place % size
      place = Math.floor(place / size)
      for (const frequency of frequencies) {
        values[offset] = Math.sin(position * frequency)
        values[offset + frequencies.length] = Math.cos(position * frequency)
        offset++
      }
      offset += frequencies.length
    }
  }
  return tensor(values, [rows, features], 'float32')
}

/** See {@link SinCosPositions}. */
export interface SinCosPositionsConfig extends SinCosPositionsOptions {
  /** Sizes of the grid: `[tokens]`, `[rows, columns]` or `[frames, rows, columns]`. */
  readonly grid: readonly number[]
  /** Width of a token. */
  readonly features: number
}

/** {@link sinCosPositions} as a module. Slots: `weight` `[places, features]`, a State: it is never trained. */
export class SinCosPositions extends Module implements Positions {
  readonly config: SinCosPositionsConfig
  readonly weight: State

  constructor(config: SinCosPositionsConfig) {
    super()
    this.config = config
    this.weight = new State(sinCosPositions(config.grid, config.features, config))
  }

  rows(count: number, first: number | Tensor = 0): Tensor {
    checkRows('SinCosPositions', this.weight.shape[0] as number, count, first)
    return rowsAt(this.weight.value, count, first)
  }
}

function frequenciesOf(caller: string, features: number, base = 10_000): number[] {
  checkCount(`${caller}: features`, features, 2)
  check(features % 2 === 0, () => `${caller}: features: ${features} came, expected an even number`)
  check(base > 1, () => `${caller}: base: ${base} came, expected a number > 1`)
  const half = features / 2
  return Array.from({ length: half }, (_, k) => base ** (-k / half))
}
