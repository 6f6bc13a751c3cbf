/** What a backend must compute right before it is used: a product and a gradient through it, read asynchronously. */
import { fill, grad, matMul, mul, sum, tidy } from '@tensorflow/tfjs-core'
import { check } from '../error.ts'

const rows = 40
const inner = 30
const columns = 50

/** Throws with what came and what was expected. All numbers are whole, hence exact in float32 in any order. */
export async function selfTest(): Promise<void> {
  const [total, slope] = tidy(() => {
    const x = fill([rows, inner], 2)
    const weight = fill([inner, columns], 3)
    const loss = (w: typeof weight): typeof weight => {
      const y = matMul(x, w)
      return sum(mul(y, y)) as unknown as typeof weight
    }
    return [sum(matMul(x, weight)), grad(loss)(weight)]
  }) as [ReturnType<typeof sum>, ReturnType<typeof sum>]
  try {
    const product = 2 * 3 * inner
    expectAll('a matrix product', await total.data(), 1, product * rows * columns)
    // d/dw Σ (x·w)² = 2 xᵀ(x·w)
    expectAll(
      'the gradient of a matrix product',
      await slope.data(),
      inner * columns,
      2 * 2 * rows * product,
    )
  } finally {
    total.dispose()
    slope.dispose()
  }
}

function expectAll(
  what: string,
  values: ArrayLike<number>,
  length: number,
  expected: number,
): void {
  const wrong = Array.from(values).find((value) => value !== expected)
  check(
    values.length === length && wrong === undefined,
    () =>
      `the self-test failed: ${what} gave ${wrong ?? `${values.length} values`}, expected ${expected}`,
  )
}
