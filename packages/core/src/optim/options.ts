/**
 * Checks of optimisers' options: each refusal names the option, what came and what was expected.
 */
import { check, unknownName } from '../error.ts'

/** Refuses options whose names are not known. */
export function checkNames(owner: string, options: object, known: readonly string[]): void {
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) throw unknownName(`${owner}: option`, name, known)
  }
}

/** A finite number of at least zero. */
export function checkNonNegative(name: string, value: number): void {
  check(
    typeof value === 'number' && Number.isFinite(value) && value >= 0,
    () => `${name}: ${value} came, expected a finite number >= 0`,
  )
}

/** A finite number above zero. */
export function checkPositive(name: string, value: number): void {
  check(
    typeof value === 'number' && Number.isFinite(value) && value > 0,
    () => `${name}: ${value} came, expected a finite number > 0`,
  )
}

/** A share that is kept at each step: in [0, 1). */
export function checkDecay(name: string, value: number): void {
  check(
    typeof value === 'number' && value >= 0 && value < 1,
    () => `${name}: ${value} came, expected a number in [0, 1)`,
  )
}

/** A whole number of at least `least`. */
export function checkWhole(name: string, value: number, least: number): void {
  check(
    Number.isSafeInteger(value) && value >= least,
    () => `${name}: ${value} came, expected a whole number >= ${least}`,
  )
}
