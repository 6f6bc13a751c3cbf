/**
 * Closeness of numbers, alone, in arrays, in typed arrays and in nested arrays: what the test matcher `toBeAllClose`
 * decides. Two numbers are close where |actual - expected| <= absolute + relative |expected|, as in NumPy.
 */

/** A number, or an array of such, to any depth. */
export type Numbers = number | ArrayLike<number> | readonly Numbers[]

/** Settings of {@link allClose}. */
export interface CloseOptions {
  /** Allowed difference as a share of the expected number. Default 1e-5. */
  readonly relative?: number
  /** Allowed difference on top of that, in units of the numbers. Default 1e-6. */
  readonly absolute?: number
}

/**
 * Says where `actual` is furthest from `expected`, or nothing where all numbers are close. Lengths have to agree, at
 * every depth. NaN is close to NaN, and an infinity to itself alone.
 *
 * @returns undefined if close, else a sentence with the place, both numbers and how many differ.
 */
export function allClose(
  actual: Numbers,
  expected: Numbers,
  options: CloseOptions = {},
): string | undefined {
  const { relative = 1e-5, absolute = 1e-6 } = options
  let count = 0
  let differing = 0
  let worst = 0
  let report = ''

  const visit = (found: Numbers, wanted: Numbers, place: string): string | undefined => {
    if (typeof found !== 'number' && typeof wanted !== 'number') {
      if (found.length !== wanted.length) {
        return `${place || 'the whole'} has ${found.length} elements, expected ${wanted.length}`
      }
      for (let i = 0; i < found.length; i++) {
        const problem = visit(found[i] as Numbers, wanted[i] as Numbers, `${place}[${i}]`)
        if (problem !== undefined) return problem
      }
      return undefined
    }
    if (typeof found !== 'number' || typeof wanted !== 'number') {
      const kind = (value: Numbers): string => (typeof value === 'number' ? 'a number' : 'an array')
      return `${place || 'the whole'} is ${kind(found)}, expected ${kind(wanted)}`
    }
    count += 1
    if (Object.is(found, wanted) || found === wanted) return undefined
    const excess = Math.abs(found - wanted) / (absolute + relative * Math.abs(wanted))
    if (excess <= 1) return undefined
    differing += 1
    // NaN against a number, or an infinity against another, is worse than any difference.
    const badness = Number.isNaN(excess) ? Number.POSITIVE_INFINITY : excess
    if (badness > worst || report === '') {
      worst = badness
      report = `${place === '' ? 'value' : place} is ${found}, expected ${wanted}`
    }
    return undefined
  }

  const problem = visit(actual, expected, '')
  if (problem !== undefined) return problem
  if (differing === 0) return undefined
  return (
    `${differing} of ${count} differ by more than ${absolute} + ${relative} |expected|; ` +
    `furthest: ${report}`
  )
}
