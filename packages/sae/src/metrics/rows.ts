/** Data and reconstructions as rows of numbers, checked. */
import { check } from '@winnow/core'

/** Data and what became of them: rows of `width` numbers, one after another. */
export interface Reconstructed {
  readonly data: ArrayLike<number>
  readonly reconstruction: ArrayLike<number>
  readonly width: number
}

/** The number of rows. @throws WinnowError unless both have the same whole rows, of finite numbers */
export function rowsOf(metric: string, { data, reconstruction, width }: Reconstructed): number {
  const rows = data.length / width
  check(
    Number.isInteger(rows) && rows >= 1 && reconstruction.length === data.length,
    () =>
      `${metric}: ${data.length} and ${reconstruction.length} numbers came, expected rows of ${width} twice`,
  )
  for (const [name, values] of [
    ['data', data],
    ['reconstruction', reconstruction],
  ] as const) {
    for (let i = 0; i < values.length; i++) {
      const value = values[i] as number
      check(
        Number.isFinite(value),
        () =>
          `${metric}: ${name}: ${value} came in row ${Math.floor(i / width)}, expected finite numbers`,
      )
    }
  }
  return rows
}

/** The mean of each column, in float64: `[width]`. */
export function columnMeans(values: ArrayLike<number>, width: number): Float64Array {
  const rows = values.length / width
  const means = new Float64Array(width)
  for (let i = 0; i < values.length; i++) {
    means[i % width] = (means[i % width] as number) + (values[i] as number) / rows
  }
  return means
}
