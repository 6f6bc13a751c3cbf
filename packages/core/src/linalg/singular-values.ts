/**
 * Singular values of a matrix on the host: roots of the eigenvalues of its smaller Gram matrix, in float64.
 *
 *     sigma_i = sqrt(lambda_i(A^T A))
 */
import { check } from '../error.ts'
import { symmetricEigen } from './symmetric-eigen.ts'

/** A value smaller than this share of the largest is zero: no float32 data tell it from their own rounding. */
const RESOLUTION = 2 ** -23

/**
 * Squaring loses half the digits: what is below about 1e-7 of the largest value, and so below the resolution of float32
 * data, is given as zero. Takes time rows * columns * the smaller of them.
 *
 * @param matrix `[rows, columns]` in row-major order
 * @returns min(rows, columns) values in descending order
 * @throws WinnowError for another number of values, or one that is not finite
 */
export function singularValues(
  matrix: ArrayLike<number>,
  shape: readonly [rows: number, columns: number],
): Float64Array {
  const [rows, columns] = shape
  check(
    rows >= 1 && columns >= 1 && matrix.length === rows * columns,
    () =>
      `singularValues: ${matrix.length} values came with shape [${shape}], expected rows * columns`,
  )
  const size = Math.min(rows, columns)
  const gram =
    rows >= columns ? gramOfColumns(matrix, rows, columns) : gramOfRows(matrix, rows, columns)
  const { values } = symmetricEigen(gram, size, { vectors: false })
  const roots = values.map((value) => Math.sqrt(Math.max(value, 0)))
  const least = (roots[0] as number) * RESOLUTION
  return roots.map((root) => (root > least ? root : 0))
}

/** The lower triangle of A^T A. */
function gramOfColumns(a: ArrayLike<number>, rows: number, columns: number): Float64Array {
  const gram = new Float64Array(columns * columns)
  for (let row = 0; row < rows; row++) {
    const start = row * columns
    for (let i = 0; i < columns; i++) {
      const value = a[start + i] as number
      if (value === 0) continue
      const to = i * columns
      for (let j = 0; j <= i; j++)
        gram[to + j] = (gram[to + j] as number) + value * (a[start + j] as number)
    }
  }
  return gram
}

/** The lower triangle of A A^T. */
function gramOfRows(a: ArrayLike<number>, rows: number, columns: number): Float64Array {
  const gram = new Float64Array(rows * rows)
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = 0
      for (let k = 0; k < columns; k++) {
        sum += (a[i * columns + k] as number) * (a[j * columns + k] as number)
      }
      gram[i * rows + j] = sum
    }
  }
  return gram
}
