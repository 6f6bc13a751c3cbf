// The `// =>` of an example: does a value look like what the text beside it says?
import { inspect } from 'node:util'
import { Tensor } from '@tensorflow/tfjs-core'
import { expect } from 'vitest'

/** A number as written: as near as its digits say; `~` allows a tenth more or less. */
class Approximately {
  readonly low: number
  readonly high: number
  readonly text: string

  constructor(text: string) {
    this.text = text
    const value = Number(text.replace(/^[~≈]\s*/, ''))
    const digits = /\.(\d+)/.exec(text)?.[1]?.length ?? 0
    const exponent = Number(/e([+-]?\d+)$/i.exec(text)?.[1] ?? 0)
    const written = digits === 0 ? 1e-6 * Math.abs(value) : 0.5000001 * 10 ** (exponent - digits)
    const margin = /^[~≈]/.test(text) ? Math.max(0.1 * Math.abs(value), written) : written
    this.low = value - margin
    this.high = value + margin
  }

  asymmetricMatch(other: unknown): boolean {
    return typeof other === 'number' && other >= this.low && other <= this.high
  }

  toString(): string {
    return this.text
  }

  toAsymmetricMatcher(): string {
    return this.text
  }
}

const number = /(?<![\w$.])(?:[~≈]\s*)?-?\d+(?:\.\d+)?(?:e[+-]?\d+)?(?![\w$])/gi

/** Tensors and typed arrays as plain arrays, all the way down. */
function plain(value: unknown): unknown {
  if (value instanceof Tensor) return value.arraySync()
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    return Array.from(value as unknown as ArrayLike<number>)
  }
  if (Array.isArray(value)) return value.map(plain)
  if (value !== null && typeof value === 'object' && value.constructor === Object) {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]))
  }
  return value
}

/** The text as a value with approximate numbers, or undefined where it is no expression. */
function parse(text: string): { value: unknown } | undefined {
  // Strings stay as they are; every number outside them becomes approximate.
  const code = text
    .split(/('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")/)
    .map((part, index) =>
      index % 2 === 1 ? part : part.replace(number, (found) => `about('${found}')`),
    )
    .join('')
  try {
    const read = new Function('about', `'use strict'; return (${code})`)
    return { value: read((written: string) => new Approximately(written)) }
  } catch {
    return undefined
  }
}

/** Compares words exactly and numbers as far as they are written. */
function expectText(actual: string, expected: string): void {
  const words = (text: string): string[] => text.replace(number, ' ').split(/\s+/).filter(Boolean)
  const numbers = (text: string): string[] => text.match(number) ?? []
  expect(words(actual), `printed ${actual}`).toEqual(words(expected))
  expect(numbers(actual).map(Number), `printed ${actual}`).toEqual(
    numbers(expected).map((written) => new Approximately(written)),
  )
}

/**
 * Fails the running test where `value` is not what `text` says.
 *
 * @param listed whether `value` is the list of arguments of a call of `console.log`, or of one value
 */
export function matches(value: unknown, text: string, listed = false): void {
  const values = (listed ? (value as unknown[]) : [value]).map(plain)
  const parsed = values.length === 1 ? parse(text) : undefined
  if (parsed !== undefined) {
    expect(values[0]).toEqual(parsed.value)
    return
  }
  expectText(
    values.map((item) => (typeof item === 'string' ? item : inspect(item))).join(' '),
    text,
  )
}
