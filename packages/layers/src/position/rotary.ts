/**
 * Rotary positions (Su, Lu, Pan, Murtadha, Wen and Liu, 2021): pairs of a query's and a key's features are turned by an
 * angle in proportion to the place, so that their product depends on the distance alone.
 *
 *     theta_k = base^(-2k / size),   (a, b) -> (a cos p theta_k - b sin p theta_k, b cos p theta_k + a sin p theta_k)
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import {
  add,
  cast,
  concat,
  cos,
  expandDims,
  mul,
  range,
  reshape,
  sin,
  split,
  sub,
  tensor,
} from '@tensorflow/tfjs-core'
import { check } from '@winnow/core'

/** See {@link rotary}. */
export interface RotaryOptions {
  /** Wavelengths run from 2 pi to 2 pi times this; 10000 by default. */
  readonly base?: number
  /**
   * Whether features 2k and 2k + 1 are a pair, as in the paper and GPT-J; by default k and k + size / 2 are, as in
   * GPT-NeoX and Llama.
   */
  readonly interleaved?: boolean
}

/** Places of the tokens: of the first one, or of each. See {@link rotary}. */
export type RotaryPlaces = number | Tensor

/** Turns queries or keys `[..., tokens, size]` to their places. */
export type Rotation = (x: Tensor) => Tensor

/**
 * Queries or keys `[batch, heads, tokens, size]` turned to their places.
 *
 * @param positions place of the first token, 0 by default, as a number or a scalar; or a place for each token, `[tokens]`
 * or `[batch, tokens]`. As a tensor, angles are rounded to float32: 6e-8 times the place.
 * @throws WinnowError when the size is odd or places do not fit
 */
export function rotary(
  x: Tensor,
  positions: RotaryPlaces = 0,
  options: RotaryOptions = {},
): Tensor {
  const [tokens, size] = x.shape.slice(-2) as [number, number]
  check(
    x.rank === 4,
    () => `rotary: shape [${x.shape}] came, expected [batch, heads, tokens, size]`,
  )
  return rotation(tokens, size, positions, options)(x)
}

/** {@link rotary} for several tensors of so many tokens and this size: angles are computed once. */
export function rotation(
  tokens: number,
  size: number,
  positions: RotaryPlaces,
  options: RotaryOptions = {},
): Rotation {
  const { interleaved = false } = options
  const [cosines, sines] = waves(tokens, rotaryFrequencies(size, options), positions)
  const half = size / 2
  return (x) => {
    const leading = x.shape.slice(0, -1)
    // Pairs lie along the last axis when interleaved; the waves' shape is that of one half.
    const [first, second] = (
      interleaved
        ? split(reshape(x, [...leading, half, 2]), 2, -1).map((part) =>
            reshape(part, [...leading, half]),
          )
        : split(x, 2, -1)
    ) as [Tensor, Tensor]
    const a = sub(mul(first, cosines), mul(second, sines))
    const b = add(mul(second, cosines), mul(first, sines))
    if (!interleaved) return concat([a, b], -1)
    return reshape(concat([expandDims(a, -1), expandDims(b, -1)], -1), x.shape)
  }
}

/** theta: radians per place, one for each pair of features; throws when there is no whole number of pairs. */
export function rotaryFrequencies(size: number, options: RotaryOptions = {}): number[] {
  const { base = 10_000 } = options
  check(
    Number.isInteger(size) && size >= 2 && size % 2 === 0,
    () => `rotary: size: ${size} came, expected an even number >= 2`,
  )
  check(base > 1, () => `rotary: base: ${base} came, expected a number > 1`)
  return Array.from({ length: size / 2 }, (_, k) => base ** ((-2 * k) / size))
}

/** Cosines and sines, `[tokens, size / 2]` or `[batch, 1, tokens, size / 2]`. */
function waves(
  tokens: number,
  frequencies: readonly number[],
  positions: RotaryPlaces,
): [Tensor, Tensor] {
  const half = frequencies.length
  if (typeof positions === 'number') {
    check(
      Number.isFinite(positions),
      () => `rotary: positions: ${positions} came, expected a finite number`,
    )
    // On the host in float64: the sine of a large angle is exact.
    const angle = (i: number): number =>
      (positions + Math.floor(i / half)) * (frequencies[i % half] as number)
    const table = (wave: (x: number) => number): Tensor =>
      tensor(
        Float32Array.from({ length: tokens * half }, (_, i) => wave(angle(i))),
        [tokens, half],
        'float32',
      )
    return [table(Math.cos), table(Math.sin)]
  }
  const { rank, shape } = positions
  check(
    rank === 0 || (rank <= 2 && shape[rank - 1] === tokens),
    () =>
      `rotary: positions: shape [${shape}] came, expected a scalar, [${tokens}] or [batch, ${tokens}]`,
  )
  const given = cast(positions, 'float32')
  const places = rank === 0 ? add(given, range(0, tokens)) : given
  const placed =
    rank === 2 ? reshape(places, [shape[0] as number, 1, tokens, 1]) : expandDims(places, -1)
  const angles = mul(placed, tensor([...frequencies], [half], 'float32'))
  return [cos(angles), sin(angles)]
}
