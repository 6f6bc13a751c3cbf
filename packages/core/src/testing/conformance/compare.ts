/** Comparison of results with what was expected. */
import type { Result } from './evaluate.ts'

/** What {@link compareResults} found. */
export interface Comparison {
  /** Largest difference as a share of the largest expected value of the same result; Infinity where NaN disagree. */
  readonly difference: number
  /** What disagrees besides numbers; a whole number that differs counts here. */
  readonly reason?: string
}

/**
 * @param values the numbers expected, one array for each result.
 * @param like shapes and dtypes expected; left out, they are not compared.
 */
export function compareResults(
  results: readonly Result[],
  values: readonly ArrayLike<number>[],
  like?: readonly Result[],
): Comparison {
  if (results.length !== values.length) {
    return wrong(`${results.length} results, expected ${values.length}`)
  }
  let difference = 0
  for (const [i, result] of results.entries()) {
    const expected = values[i] as ArrayLike<number>
    const model = like?.[i]
    if (model !== undefined && String(result.shape) !== String(model.shape)) {
      return wrong(`result ${i} has shape [${result.shape}], expected [${model.shape}]`)
    }
    if (model !== undefined && result.dtype !== model.dtype) {
      return wrong(`result ${i} is ${result.dtype}, expected ${model.dtype}`)
    }
    if (result.values.length !== expected.length) {
      return wrong(`result ${i} has ${result.values.length} values, expected ${expected.length}`)
    }
    const scale = largest(expected) || 1
    for (let j = 0; j < expected.length; j++) {
      const [found, wanted] = [result.values[j] as number, expected[j] as number]
      if (found === wanted || (Number.isNaN(found) && Number.isNaN(wanted))) continue
      const exact = result.dtype !== 'float32' || !Number.isFinite(found - wanted)
      if (exact) return wrong(`result ${i} at ${j} is ${found}, expected ${wanted}`)
      difference = Math.max(difference, Math.abs(found - wanted) / scale)
    }
  }
  return { difference }
}

function largest(values: ArrayLike<number>): number {
  let most = 0
  for (let i = 0; i < values.length; i++) {
    const size = Math.abs(values[i] as number)
    if (Number.isFinite(size) && size > most) most = size
  }
  return most
}

const wrong = (reason: string): Comparison => ({ difference: Infinity, reason })
