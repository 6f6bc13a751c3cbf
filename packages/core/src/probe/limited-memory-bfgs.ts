/**
 * L-BFGS (Nocedal, 1980; Liu and Nocedal, 1989) for smooth convex functions: quasi-Newton steps from the last few
 * changes of position and gradient, with a line search by bisection to the weak Wolfe conditions.
 *
 * The function may be computed in float32: changes below its rounding do not count against a step, gradients decide.
 */

/** A function's value and gradient at a point. */
export interface Evaluation {
  readonly value: number
  readonly gradient: Float64Array
}

/** Options of {@link minimise}. */
export interface MinimiseOptions {
  /** Most steps. */
  readonly iterations: number
  /** Ends where no component of the gradient is larger. */
  readonly tolerance: number
  /** Changes that are remembered; 20 by default. */
  readonly memory?: number
  readonly onIteration?: (iteration: number, value: number) => Promise<void>
}

/** What {@link minimise} found. */
export interface Minimum extends Evaluation {
  readonly point: Float64Array
  readonly iterations: number
  /** Whether the gradient came below the tolerance. */
  readonly converged: boolean
}

/** Shares of the slope at the start: what a step must gain, and how much of the slope may be left. */
const DECREASE = 1e-4
const CURVATURE = 0.9
/** The rounding of float32 sums, relative to the value. */
const ROUNDING = 1e-6
const MOST_TRIALS = 40

interface Change {
  readonly position: Float64Array
  readonly gradient: Float64Array
  /** Their inner product. */
  readonly product: number
}

/** Descends from `start`. */
export async function minimise(
  evaluate: (point: Float64Array) => Promise<Evaluation>,
  start: Float64Array,
  options: MinimiseOptions,
): Promise<Minimum> {
  const { iterations, tolerance, memory = 20, onIteration } = options
  let point = start
  let here = await evaluate(start)
  const changes: Change[] = []
  let iteration = 0
  while (largest(here.gradient) > tolerance && iteration < iterations) {
    const direction = descent(here.gradient, changes)
    const first = changes.length === 0 ? Math.min(1, 1 / norm(here.gradient)) : 1
    const step = await lineSearch(evaluate, point, here, direction, first)
    if (step === undefined) break
    const change = {
      position: combined(step.point, -1, point),
      gradient: combined(step.gradient, -1, here.gradient),
    }
    const product = dot(change.position, change.gradient)
    if (product > 0) changes.push({ ...change, product })
    if (changes.length > memory) changes.shift()
    ;({ point } = step)
    here = step
    iteration++
    await onIteration?.(iteration, here.value)
  }
  const converged = largest(here.gradient) <= tolerance
  return { point, value: here.value, gradient: here.gradient, iterations: iteration, converged }
}

/** Minus the inverse Hessian, as the changes make it out, times the gradient: the two-loop recursion. */
function descent(gradient: Float64Array, changes: readonly Change[]): Float64Array {
  let q: Float64Array = gradient.map((value) => -value)
  const shares: number[] = []
  for (const change of changes.toReversed()) {
    const share = dot(change.position, q) / change.product
    shares.unshift(share)
    q = combined(q, -share, change.gradient)
  }
  const last = changes.at(-1)
  if (last !== undefined) {
    const scale = last.product / dot(last.gradient, last.gradient)
    q = q.map((value) => value * scale)
  }
  for (const [i, change] of changes.entries()) {
    const share = (shares[i] as number) - dot(change.gradient, q) / change.product
    q = combined(q, share, change.position)
  }
  return q
}

/** A point along `direction` that gains enough and has left enough of the slope behind; undefined where none is found. */
async function lineSearch(
  evaluate: (point: Float64Array) => Promise<Evaluation>,
  point: Float64Array,
  here: Evaluation,
  direction: Float64Array,
  first: number,
): Promise<(Evaluation & { readonly point: Float64Array }) | undefined> {
  const slope = dot(here.gradient, direction)
  const slack = ROUNDING * Math.abs(here.value)
  let low = 0
  let high = Number.POSITIVE_INFINITY
  let length = first
  for (let trial = 0; trial < MOST_TRIALS; trial++) {
    const candidate = combined(point, length, direction)
    const there = await evaluate(candidate)
    const slopeThere = dot(there.gradient, direction)
    const gained = there.value <= here.value + DECREASE * length * slope + slack
    // Beyond the minimum a convex function rises; a value that is not finite is too far as well.
    if (!gained || !(slopeThere <= -CURVATURE * slope)) high = length
    else if (slopeThere < CURVATURE * slope) low = length
    else return { ...there, point: candidate }
    length = Number.isFinite(high) ? (low + high) / 2 : 2 * length
  }
  return undefined
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number)
  return sum
}

function norm(a: Float64Array): number {
  return Math.sqrt(dot(a, a))
}

function largest(a: Float64Array): number {
  let most = 0
  for (const value of a) most = Math.max(most, Math.abs(value))
  return most
}

/** a + scale * b. */
function combined(a: Float64Array, scale: number, b: Float64Array): Float64Array {
  return a.map((value, i) => value + scale * (b[i] as number))
}
