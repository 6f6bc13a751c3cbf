/**
 * Positions as a table: a row for each place, added to the token there.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { add, cast, gather, range, slice } from '@tensorflow/tfjs-core'
import { check } from '@winnow/core'

/** A table of positions `[places, features]`. */
export interface Positions {
  /**
   * `count` rows from `first` on: `[count, features]`.
   *
   * @param first a number, or an int32 scalar where it changes from call to call of a compiled function
   * @throws WinnowError when there are not so many rows
   */
  rows(count: number, first?: number | Tensor): Tensor
}

/** Throws unless rows `first` to `first + count - 1` exist, as far as this is known. */
export function checkRows(
  layer: string,
  places: number,
  count: number,
  first: number | Tensor,
): void {
  const known = typeof first === 'number' ? first : 0
  check(
    Number.isInteger(known) && known >= 0 && known + count <= places,
    () =>
      `${layer}: ${count} tokens ${known === 0 ? '' : `from place ${known} on `}came, expected at most ${places}`,
  )
}

/** `count` rows of `[places, features]` from `first` on. */
export function rowsAt(table: Tensor, count: number, first: number | Tensor): Tensor {
  if (typeof first !== 'number') {
    return gather(table, add(range(0, count, 1, 'int32'), cast(first, 'int32')))
  }
  if (first === 0 && count === table.shape[0]) return table
  return slice(table, [first, 0], [count, table.shape[1] as number])
}
