import { afterEach, beforeEach, expect } from 'vitest'
import './vitest.matchers.ts'

// Libraries keep quiet: a package's test in which something prints fails, unless it expects the
// call (`vi.spyOn(console, 'warn').mockImplementation(() => {})`). Apps may print.
const methods = ['debug', 'error', 'info', 'log', 'warn'] as const
const originals = methods.map((method) => console[method])
let printed: string[] = []

beforeEach(() => {
  printed = []
  if (!expect.getState().testPath?.includes('/packages/')) return
  for (const method of methods) {
    console[method] = (...parts: unknown[]) => {
      printed.push(`console.${method}: ${parts.join(' ')}`)
    }
  }
})

afterEach(() => {
  for (const [index, method] of methods.entries()) console[method] = originals[index]!
  expect(printed, 'a library printed to the console').toEqual([])
})
