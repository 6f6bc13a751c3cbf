/** The sum of rows by segment, row after row, so that a repeat gives the same bytes. */

interface Numbers {
  readonly length: number
  [index: number]: number
}

/**
 * Adds row r of `values` `[rows, width]` to row `ids[r]` of `sums` `[segments, width]`. Ids outside `[0, segments)` are
 * left out.
 */
export function addRows(values: Numbers, ids: Numbers, sums: Numbers, segments: number): void {
  const width = segments === 0 ? 0 : sums.length / segments
  for (let row = 0; row < ids.length; row++) {
    const id = ids[row] as number
    if (id < 0 || id >= segments) continue
    const to = id * width
    const from = row * width
    for (let i = 0; i < width; i++) sums[to + i]! += values[from + i]!
  }
}
