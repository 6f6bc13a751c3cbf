import { describe, expect, it } from 'vitest'
import { check, nearest, unknownName, WinnowError } from './error.ts'

describe('errors', () => {
  it('names the nearest known name, or none when nothing is near', () => {
    expect(nearest('mnits', ['mnist', 'emoji'])).toBe('mnist')
    expect(nearest('WASM', ['wasm', 'cpu'])).toBe('wasm')
    expect(nearest('zzzzzz', ['wasm', 'cpu'])).toBeUndefined()
    expect(unknownName('backend', 'wsam', ['wasm', 'cpu']).message).toBe(
      "backend: 'wsam' is not known. Did you mean 'wasm'? Expected one of: wasm, cpu.",
    )
  })

  it('builds its message only on failure', () => {
    check(true, () => {
      throw new Error('built')
    })
    expect(() => check(false, () => 'why')).toThrow(new WinnowError('why'))
  })
})
