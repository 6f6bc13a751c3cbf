/**
 * Parsers of option values, with errors in words.
 */
import { InvalidArgumentError } from 'commander'

/** A whole number >= `least`. */
export function whole(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (text.trim() === '' || !Number.isSafeInteger(value) || value < least) {
      throw new InvalidArgumentError(`Expected a whole number >= ${least}.`)
    }
    return value
  }
}

/** A finite number >= 0, or > 0 when `positive`. */
export function amount(options: { readonly positive?: boolean } = {}): (text: string) => number {
  const { positive = false } = options
  return (text) => {
    const value = Number(text)
    if (text.trim() === '' || !Number.isFinite(value) || value < 0 || (positive && value === 0)) {
      throw new InvalidArgumentError(`Expected a number ${positive ? '> 0' : '>= 0'}.`)
    }
    return value
  }
}

/** Whole numbers >= 1 with commas between: `512,512`. */
export function wholes(text: string): readonly number[] {
  return text.split(',').map(whole(1))
}

/** One of `names`. */
export function oneOf<Name extends string>(...names: readonly Name[]): (text: string) => Name {
  return (text) => {
    const found = names.find((name) => name === text)
    if (found === undefined) throw new InvalidArgumentError(`Expected one of: ${names.join(', ')}.`)
    return found
  }
}
