/**
 * For tests: compares gradients with central differences.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { grad, tensor, tidy } from '@tensorflow/tfjs-core'

/** Options of {@link gradientError}. */
export interface GradientErrorOptions {
  /** Half the distance of the two points of a difference; 1e-2 by default, as values are float32. */
  readonly step?: number
}

/**
 * The largest difference between the gradient of the sum of `fn` at `x` and central differences, relative to the
 * largest gradient (or to 1, if that is smaller).
 */
export async function gradientError(
  fn: (x: Tensor) => Tensor,
  x: Tensor,
  options: GradientErrorOptions = {},
): Promise<number> {
  const { step = 1e-2 } = options
  const analytic = await tidy(() => grad(fn)(x)).data()
  const values = Float64Array.from(await x.data())
  const at = async (index: number, shift: number): Promise<number> => {
    const moved = Float32Array.from(values, (value, i) => (i === index ? value + shift : value))
    const result = tidy(() => fn(tensor(moved, x.shape)))
    const parts = await result.data()
    result.dispose()
    return Array.from(parts).reduce((a, b) => a + b, 0)
  }
  const scale = Math.max(1, ...Array.from(analytic, Math.abs))
  let worst = 0
  for (let i = 0; i < values.length; i++) {
    const numeric = ((await at(i, step)) - (await at(i, -step))) / (2 * step)
    const error = Math.abs(numeric - (analytic[i] as number)) / scale
    worst = Number.isNaN(error) ? Number.POSITIVE_INFINITY : Math.max(worst, error)
  }
  return worst
}
