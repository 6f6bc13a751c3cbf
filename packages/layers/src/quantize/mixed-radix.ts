/**
 * Whole numbers as digits, each place with a number of levels of its own, the first place counting least:
 *
 *     index = sum_i digit_i * place_i,    place_i = levels_0 levels_1 ... levels_(i-1)
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { cast, expandDims, floorDiv, mul, sub, sum, tensor1d } from '@tensorflow/tfjs-core'
import { check, withoutGradient } from '@winnow/core'

/** Up to here float32 holds every whole number. */
const MOST_ENTRIES = 2 ** 24

/** How many numbers there are with these levels. @throws WinnowError when more than 2^24 */
export function countEntries(argument: string, levels: readonly number[]): number {
  const entries = levels.reduce((product, count) => product * count, 1)
  check(
    entries <= MOST_ENTRIES,
    () => `${argument}: [${levels}] came, which makes ${entries} entries, expected at most 2^24`,
  )
  return entries
}

/** Digits float32 `[..., places]` to int32 `[...]`. */
export function digitsToIndices(digits: Tensor, levels: readonly number[]): Tensor {
  return withoutGradient(() => {
    const places = tensor1d(placesOf(levels).slice(0, -1), 'float32')
    // A sum and no matMul: some devices round the factors of a product.
    return cast(sum(mul(digits, places), -1), 'int32')
  })
}

/** Indices int32 `[...]` to digits float32 `[..., places]`. */
export function indicesToDigits(indices: Tensor, levels: readonly number[]): Tensor {
  return withoutGradient(() => {
    const places = placesOf(levels)
    const column = expandDims(indices, -1)
    const from = floorDiv(column, tensor1d(places.slice(0, -1), 'int32'))
    const above = floorDiv(column, tensor1d(places.slice(1), 'int32'))
    return cast(sub(from, mul(above, tensor1d([...levels], 'int32'))), 'float32')
  })
}

/** What each place counts, and after the last the number of all. */
function placesOf(levels: readonly number[]): number[] {
  const places = [1]
  for (const [i, count] of levels.entries()) places.push((places[i] as number) * count)
  return places
}
