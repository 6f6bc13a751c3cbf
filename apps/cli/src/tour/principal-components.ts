/**
 * Principal component analysis (Pearson, 1901; Hotelling, 1933): the linear autoencoder of least square error, which a
 * learnt code of equal size is measured beside. Subspace iteration on the covariance, on the host, in float64.
 */
import { Rng } from '@winnow/core'

const ITERATIONS = 12

/** See {@link principalComponents}. */
export interface Components {
  readonly mean: Float64Array
  /** Orthonormal rows `[count, width]`. */
  readonly rows: readonly Float64Array[]
  readonly width: number
}

/** The `count` directions in which rows `[n, width]` vary most, as nearly as a dozen iterations find them. */
export function principalComponents(data: Float32Array, width: number, count: number): Components {
  const n = data.length / width
  const mean = new Float64Array(width)
  for (let i = 0; i < data.length; i++) {
    mean[i % width] = (mean[i % width] as number) + (data[i] as number) / n
  }
  const covariance = covarianceOf(data, mean)
  const rng = new Rng(3)
  let rows: Float64Array[] = Array.from(
    { length: count },
    () => new Float64Array(rng.normalValues(width)),
  )
  for (let i = 0; i < ITERATIONS; i++) {
    rows = orthonormal(rows.map((row) => product(covariance, row)))
  }
  return { mean, rows, width }
}

/** Each row of `data` brought to the components and back. */
export function throughComponents(
  { mean, rows, width }: Components,
  data: Float32Array,
): Float32Array {
  const out = new Float32Array(data.length)
  for (let start = 0; start < data.length; start += width) {
    const back = Float64Array.from(mean)
    for (const row of rows) {
      let score = 0
      for (let i = 0; i < width; i++) {
        score += (row[i] as number) * ((data[start + i] as number) - (mean[i] as number))
      }
      for (let i = 0; i < width; i++) back[i] = (back[i] as number) + score * (row[i] as number)
    }
    out.set(back, start)
  }
  return out
}

/** The mean of the squared differences. */
export function meanSquare(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += ((a[i] as number) - (b[i] as number)) ** 2
  return sum / a.length
}

function covarianceOf(data: Float32Array, mean: Float64Array): readonly Float64Array[] {
  const width = mean.length
  const sums = Array.from({ length: width }, () => new Float64Array(width))
  const row = new Float64Array(width)
  for (let start = 0; start < data.length; start += width) {
    for (let i = 0; i < width; i++) row[i] = (data[start + i] as number) - (mean[i] as number)
    for (let i = 0; i < width; i++) {
      const value = row[i] as number
      const line = sums[i] as Float64Array
      for (let j = 0; j < width; j++) line[j] = (line[j] as number) + value * (row[j] as number)
    }
  }
  return sums
}

function product(matrix: readonly Float64Array[], vector: Float64Array): Float64Array {
  return Float64Array.from(matrix, (row) => dot(row, vector))
}

/** Gram and Schmidt, twice, which is enough for float64. */
function orthonormal(rows: Float64Array[]): Float64Array[] {
  const done: Float64Array[] = []
  for (const row of rows) {
    for (let pass = 0; pass < 2; pass++) {
      for (const other of done) {
        const share = dot(row, other)
        for (let i = 0; i < row.length; i++) {
          row[i] = (row[i] as number) - share * (other[i] as number)
        }
      }
    }
    const length = Math.sqrt(dot(row, row))
    // A direction without variance: the data have fewer of them.
    if (length > 1e-12) done.push(row.map((value) => value / length))
  }
  return done
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number)
  return sum
}
