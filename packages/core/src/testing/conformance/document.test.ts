import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { conformanceCases } from './cases/index.ts'
import { knownFailures } from './known.ts'

// docs/backends.md is written by `npm run conformance`, which takes minutes; here, only that it is not out of date.
const text = readFileSync(new URL('../../../../../docs/backends.md', import.meta.url), 'utf8')

test('the table has every group and order, with the number of its cases', () => {
  const orders = ['values', 'gradients', 'second gradients']
  const expected = new Map<string, number>()
  for (const { group, order } of conformanceCases) {
    const line = `${group}: ${orders[order]}`
    expected.set(line, (expected.get(line) ?? 0) + 1)
  }
  const found = new Map<string, number>()
  for (const [, line = '', count] of text.matchAll(
    /^\| ([^|]+: [^|]*gradients|[^|]+: values) *\| (\d+)/gm,
  )) {
    found.set(line.trim(), Number(count))
  }
  expect(found).toEqual(expected)
})

test('every known failure is there with its reason and its cases, and they exist', () => {
  const names = new Set(conformanceCases.map(({ name }) => name))
  for (const { backend, cases, reason } of knownFailures) {
    expect(text).toContain(`- **${backend}**: ${reason}.\n  Cases: ${cases.join('; ')}.`)
    expect(cases.filter((name) => !names.has(name))).toEqual([])
  }
  expect(text).not.toContain('NOT KNOWN')
})
