/**
 * Explained variance, and the normalised squared error that is left.
 *
 *     normalised error = sum |x - xhat|^2 / sum |x - mean x|^2,   explained variance = 1 - normalised error
 *
 * Sums over all rows and inputs, the mean taken of each input over all rows. So predicting the mean scores 0 whatever the
 * mean, a perfect reconstruction 1, and data that are shifted together with their reconstructions score as before.
 */
import { check } from '@winnow/core'
import { columnMeans, type Reconstructed, rowsOf } from './rows.ts'

/**
 * The share of the data's variance that the reconstruction explains: at most 1, and below 0 where the mean would be nearer.
 *
 * @throws WinnowError for numbers that are not finite, unequal lengths, and data that do not vary
 */
export function explainedVariance(from: Reconstructed): number {
  return 1 - measure('explainedVariance', from)
}

/**
 * Squared error in units of that of the best constant (Gao et al., 2024): 0 for a perfect reconstruction, 1 for the mean.
 * Also called the fraction of variance unexplained.
 *
 * @throws WinnowError as {@link explainedVariance}
 */
export function normalisedMeanSquaredError(from: Reconstructed): number {
  return measure('normalisedMeanSquaredError', from)
}

function measure(metric: string, from: Reconstructed): number {
  const { data, reconstruction, width } = from
  rowsOf(metric, from)
  const means = columnMeans(data, width)
  let error = 0
  let variance = 0
  for (let i = 0; i < data.length; i++) {
    const value = data[i] as number
    error += (value - (reconstruction[i] as number)) ** 2
    variance += (value - (means[i % width] as number)) ** 2
  }
  check(variance > 0, () => `${metric}: data: all rows are alike, expected data that vary`)
  return error / variance
}
