/**
 * Eigenvalues and eigenvectors of a symmetric matrix on the host, in float64: Householder's tridiagonal form (1958),
 * then implicit QR steps with Wilkinson's shift (1968), as in Golub and Van Loan, Matrix Computations, 8.3.
 *
 *     A = V diag(values) V^T,   values in descending order
 */
import { check } from '../error.ts'

/** What {@link symmetricEigen} finds. */
export interface SymmetricEigen {
  /** `[size]`, descending. */
  readonly values: Float64Array
  /** `[size, size]` in row-major order: row i is a unit eigenvector of value i. Empty where none were wanted. */
  readonly vectors: Float64Array
}

/** Options of {@link symmetricEigen}. */
export interface SymmetricEigenOptions {
  /** Whether the eigenvectors are wanted, which takes a few times as long; true by default. */
  readonly vectors?: boolean
}

/** QR steps per eigenvalue; two or three are usual. */
const MOST_STEPS = 60

/**
 * Errors of the values are of the order of 1e-16 of the largest.
 *
 * @param matrix `[size, size]` in row-major order; only the lower triangle is read
 * @throws WinnowError for another number of values, or one that is not finite
 */
export function symmetricEigen(
  matrix: ArrayLike<number>,
  size: number,
  options: SymmetricEigenOptions = {},
): SymmetricEigen {
  check(
    Number.isInteger(size) && size >= 1 && matrix.length === size * size,
    () => `symmetricEigen: ${matrix.length} values came for size ${size}, expected size * size`,
  )
  const a = Float64Array.from(matrix)
  check(a.every(Number.isFinite), () => 'symmetricEigen: matrix: a value that is not finite came')
  const { diagonal, beside, reflections } = tridiagonal(a, size)
  const vectors = (options.vectors ?? true) ? accumulated(reflections, size) : new Float64Array()
  diagonalise(diagonal, beside, vectors)
  return sorted(diagonal, vectors)
}

/** I - scale v v^T, which leaves the first `start` coordinates alone. */
interface Reflection {
  readonly start: number
  readonly v: Float64Array
  readonly scale: number
}

/** A in tridiagonal form: its diagonal, what is `beside` it, and the reflections that led there. Destroys `a`. */
function tridiagonal(
  a: Float64Array,
  size: number,
): { diagonal: Float64Array; beside: Float64Array; reflections: Reflection[] } {
  const beside = new Float64Array(size)
  const reflections: Reflection[] = []
  for (let k = 0; k < size - 1; k++) {
    const start = k + 1
    const v = new Float64Array(size - start)
    for (let i = 0; i < v.length; i++) v[i] = a[(start + i) * size + k] as number
    const first = v[0] as number
    const length = norm(v)
    beside[k] = first
    if (length === Math.abs(first)) continue
    // Of two signs the one that adds, so that nothing cancels.
    const target = first > 0 ? -length : length
    beside[k] = target
    // v is divided by the length, so that its square neither overflows nor vanishes.
    for (let i = 0; i < v.length; i++) v[i] = (v[i] as number) / length
    v[0] = (first - target) / length
    const reflection = { start, v, scale: 1 / (1 + Math.abs(first) / length) }
    reflections.push(reflection)
    reflectBothSides(a, size, reflection)
  }
  const diagonal = Float64Array.from({ length: size }, (_, i) => a[i * size + i] as number)
  return { diagonal, beside, reflections }
}

function norm(x: Float64Array): number {
  let largest = 0
  for (const value of x) largest = Math.max(largest, Math.abs(value))
  if (largest === 0) return 0
  let sum = 0
  for (const value of x) sum += (value / largest) ** 2
  return largest * Math.sqrt(sum)
}

/** H A H in the lower triangle: A - v w^T - w v^T with w = p - (scale p^T v / 2) v, p = scale A v. */
function reflectBothSides(a: Float64Array, size: number, { start, v, scale }: Reflection): void {
  const count = v.length
  const w = new Float64Array(count)
  for (let i = 0; i < count; i++) {
    const row = (start + i) * size + start
    const vi = v[i] as number
    let sum = (a[row + i] as number) * vi
    for (let j = 0; j < i; j++) {
      const value = a[row + j] as number
      sum += value * (v[j] as number)
      w[j] = (w[j] as number) + value * vi
    }
    w[i] = (w[i] as number) + sum
  }
  let along = 0
  for (let i = 0; i < count; i++) {
    w[i] = (w[i] as number) * scale
    along += (w[i] as number) * (v[i] as number)
  }
  const half = (scale * along) / 2
  for (let i = 0; i < count; i++) w[i] = (w[i] as number) - half * (v[i] as number)
  for (let i = 0; i < count; i++) {
    const row = (start + i) * size + start
    const vi = v[i] as number
    const wi = w[i] as number
    for (let j = 0; j <= i; j++) {
      a[row + j] = (a[row + j] as number) - vi * (w[j] as number) - wi * (v[j] as number)
    }
  }
}

/** The product of the reflections, transposed. */
function accumulated(reflections: readonly Reflection[], size: number): Float64Array {
  const q = new Float64Array(size * size)
  for (let i = 0; i < size; i++) q[i * size + i] = 1
  for (const { start, v, scale } of reflections.toReversed()) {
    // The rows before are those of the identity still.
    for (let i = start; i < size; i++) {
      const row = i * size + start
      let along = 0
      for (let j = 0; j < v.length; j++) along += (q[row + j] as number) * (v[j] as number)
      along *= scale
      for (let j = 0; j < v.length; j++)
        q[row + j] = (q[row + j] as number) - along * (v[j] as number)
    }
  }
  return q
}

/** Implicit QR steps until nothing is left beside the diagonal; the rows of `vectors` are turned along. */
function diagonalise(d: Float64Array, e: Float64Array, vectors: Float64Array): void {
  const size = d.length
  let largest = 0
  for (let i = 0; i < size; i++) {
    largest = Math.max(largest, Math.abs(d[i] as number), Math.abs(e[i] as number))
  }
  const negligible = Number.EPSILON * largest
  let high = size - 1
  let steps = 0
  while (high > 0) {
    if (Math.abs(e[high - 1] as number) <= negligible) {
      high--
      steps = 0
      continue
    }
    check(steps++ < MOST_STEPS, () => 'symmetricEigen: the QR steps do not converge')
    let low = high - 1
    while (low > 0 && Math.abs(e[low - 1] as number) > negligible) low--
    qrStep(d, e, low, high, vectors)
  }
}

/** One step on the rows `low` to `high`, whose neighbours are all connected. */
function qrStep(
  d: Float64Array,
  e: Float64Array,
  low: number,
  high: number,
  vectors: Float64Array,
): void {
  const last = e[high - 1] as number
  const half = ((d[high - 1] as number) - (d[high] as number)) / 2
  const shift =
    (d[high] as number) - last / (half / last + sign(half / last) * Math.hypot(half / last, 1))
  let x = (d[low] as number) - shift
  let z = e[low] as number
  for (let k = low; k < high; k++) {
    const r = Math.hypot(x, z)
    const c = r === 0 ? 1 : x / r
    const s = r === 0 ? 0 : z / r
    if (k > low) e[k - 1] = r
    const a = d[k] as number
    const b = e[k] as number
    const g = d[k + 1] as number
    d[k] = c * c * a + 2 * c * s * b + s * s * g
    d[k + 1] = s * s * a - 2 * c * s * b + c * c * g
    e[k] = c * s * (g - a) + (c * c - s * s) * b
    if (k < high - 1) {
      x = e[k] as number
      z = s * (e[k + 1] as number)
      e[k + 1] = c * (e[k + 1] as number)
    }
    turn(vectors, d.length, k, c, s)
  }
}

/** Turns rows k and k + 1 in their plane. */
function turn(rows: Float64Array, size: number, k: number, c: number, s: number): void {
  const end = Math.min((k + 1) * size, rows.length)
  for (let i = k * size; i < end; i++) {
    const upper = rows[i] as number
    const lower = rows[i + size] as number
    rows[i] = c * upper + s * lower
    rows[i + size] = c * lower - s * upper
  }
}

function sign(x: number): 1 | -1 {
  return x < 0 ? -1 : 1
}

function sorted(values: Float64Array, vectors: Float64Array): SymmetricEigen {
  const size = values.length
  const order = Array.from(values.keys()).sort(
    (a, b) => (values[b] as number) - (values[a] as number),
  )
  const rows = new Float64Array(vectors.length)
  if (vectors.length > 0) {
    for (const [to, from] of order.entries()) {
      rows.set(vectors.subarray(from * size, (from + 1) * size), to * size)
    }
  }
  return { values: Float64Array.from(order, (i) => values[i] as number), vectors: rows }
}
