/**
 * "Explained variance" as other tools compute it, so that their numbers can be compared with. Most are not what the name
 * says: each but the first breaks a rule of {@link explainedVarianceConformance}, as the tests beside show.
 *
 * With r = x - xhat, means over rows i and sums over inputs j:
 *
 *     sparsify             1 - sum_ij r^2 / sum_ij (x - mean_i x)^2           ours
 *     dictionary-learning  1 - sum_j var_i r / sum_j var_i x                  blind to a constant offset
 *     openai               1 - mean_i (sum_j r^2 / sum_j x^2)                 grows with the data's mean
 *     saelens-legacy       mean_i (1 - sum_j r^2 / sum_j (x - mean_i x)^2)    rows near the mean weigh most
 *     saelens-6.18         1 - mean_i sum_j r^2 / (mean_i sum_j x^2 - (mean_ij x^2)^2)
 *
 * The last was meant to take the data's mean off; it takes the mean of squares, over inputs too, and so grows with the mean
 * and changes with the unit of the data (SAELens up to 6.45.0, SAEBench at least to May 2026).
 */
import { unknownName } from '@winnow/core'
import { explainedVariance } from './explained-variance.ts'
import { columnMeans, type Reconstructed, rowsOf } from './rows.ts'

/** Whose definition of explained variance. */
export type RivalDefinition =
  | 'sparsify'
  | 'dictionary-learning'
  | 'openai'
  | 'saelens-legacy'
  | 'saelens-6.18'

/**
 * Explained variance as `definition` has it, over all rows at once (some tools average over batches instead).
 *
 * @throws WinnowError for an unknown name, numbers that are not finite and unequal lengths
 */
export function explainedVarianceAs(definition: RivalDefinition, from: Reconstructed): number {
  const measure = Object.hasOwn(definitions, definition) ? definitions[definition] : undefined
  if (measure === undefined) {
    throw unknownName('explainedVarianceAs: definition', definition, Object.keys(definitions))
  }
  rowsOf('explainedVarianceAs', from)
  return measure(from)
}

const definitions: Readonly<Record<RivalDefinition, (from: Reconstructed) => number>> = {
  sparsify: explainedVariance,
  'dictionary-learning': ({ data, reconstruction, width }) => {
    const residual = Float64Array.from(data, (value, i) => value - (reconstruction[i] as number))
    return 1 - totalOf(centredSquares(residual, width)) / totalOf(centredSquares(data, width))
  },
  openai: (from) => {
    const squares = rowSums(Float64Array.from(from.data, square), from.width)
    return 1 - meanOf(errors(from).map((error, row) => error / (squares[row] as number)))
  },
  'saelens-legacy': (from) => {
    const squares = rowSums(centredSquares(from.data, from.width), from.width)
    return meanOf(errors(from).map((error, row) => 1 - error / (squares[row] as number)))
  },
  'saelens-6.18': (from) => {
    const squares = Float64Array.from(from.data, square)
    const variance = meanOf(rowSums(squares, from.width)) - meanOf(squares) ** 2
    return 1 - meanOf(errors(from)) / variance
  },
}

/** The squared error of each row. */
function errors({ data, reconstruction, width }: Reconstructed): Float64Array {
  const squares = Float64Array.from(
    data,
    (value, i) => (value - (reconstruction[i] as number)) ** 2,
  )
  return rowSums(squares, width)
}

function centredSquares(values: ArrayLike<number>, width: number): Float64Array {
  const means = columnMeans(values, width)
  return Float64Array.from(values, (value, i) => (value - (means[i % width] as number)) ** 2)
}

function rowSums(values: Float64Array, width: number): Float64Array {
  const sums = new Float64Array(values.length / width)
  for (const [i, value] of values.entries()) {
    const row = Math.floor(i / width)
    sums[row] = (sums[row] as number) + value
  }
  return sums
}

function square(value: number): number {
  return value * value
}

function totalOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0)
}

function meanOf(values: Float64Array): number {
  return totalOf(values) / values.length
}
