import { tensor } from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { expect, test } from 'vitest'
import { matches } from './example-matches.ts'
import { examplesOf, withAssertions } from './markdown-examples.ts'

test('finds the blocks of TypeScript, with their lines', () => {
  const text = [
    '# Title',
    '```ts',
    'a',
    'b',
    '```',
    '```sh',
    'ls',
    '```',
    '```ts no-run',
    'c',
    '```',
  ]
  expect(examplesOf(text.join('\n'))).toEqual([
    { line: 3, code: 'a\nb', run: true },
    { line: 10, code: 'c', run: false },
  ])
})

/** Runs an example's code and returns the assertions that it makes. */
function assertions(code: string): unknown[][] {
  const made: unknown[][] = []
  const run = new Function('__matches', withAssertions(code))
  run((...call: unknown[]) => made.push(call))
  return made
}

test('turns comments into assertions', () => {
  expect(assertions('1 + 1 // => 2')).toEqual([[[2], '2', true]])
  expect(assertions('const x = 3; // => 3')).toEqual([[3, '3']])
  expect(assertions("console.log('a', 1) // => a 1")).toEqual([[['a', 1], 'a 1', true]])
  expect(assertions('const x = 3\n\nx * 2 // => 6\nx * 3 // => 9')).toEqual([
    [[6], '6', true],
    [[9], '9', true],
  ])
})

test('a statement over several lines has its comment on the last', () => {
  const chain =
    'const list = [1, 2]\nlist\n  .map((x) => x * 2)\n  .join() // => "2,4"\nlist // => [1, 2]'
  expect(assertions(chain)).toEqual([
    [['2,4'], '"2,4"', true],
    [[[1, 2]], '[1, 2]', true],
  ])
  expect(assertions('const o = {\n  a: 1,\n} // => { a: 1 }')).toEqual([[{ a: 1 }, '{ a: 1 }']])
})

test('keeps every line where it was', () => {
  const code = 'const a = 1\n\nMath.max(\n  a,\n  2,\n) // => 2\nthrow a'
  expect(withAssertions(code).split('\n')[6]).toBe('throw a')
})

test.each<[unknown, string]>([
  [2, '2'],
  [0.8147, '0.81'],
  [0.8147, '~0.75'],
  [1234, '1.23e3'],
  ['mlp', "'mlp'"],
  ['plain words 3', 'plain words 3'],
  [[8, 32], '[8, 32]'],
  [Float32Array.of(0.1, -0.2), '[0.1, -0.2]'],
  [{ loss: 0.12345, name: 'a1' }, "{ loss: 0.123, name: 'a1' }"],
  [undefined, 'undefined'],
])('%j is %s', (value, text) => {
  expect(() => matches(value, text)).not.toThrow()
})

test.each<[unknown, string]>([
  [3, '2'],
  [0.8, '0.81'],
  [0.8147, '~0.6'],
  [1236, '1.23e3'],
  ['mlp', "'cnn'"],
  ['plain words 4', 'plain words 3'],
  ['other words 3', 'plain words 3'],
  [[8, 32, 1], '[8, 32]'],
  [Float32Array.of(0.1, 0.2), '[0.1, -0.2]'],
  [{ loss: 0.12345, name: 'a1', more: 1 }, "{ loss: 0.123, name: 'a1' }"],
  [0, 'undefined'],
])('%j is not %s', (value, text) => {
  expect(() => matches(value, text)).toThrow()
})

test('tensors compare by their values, and several printed values as text', () => {
  expect(() => matches(tensor([[1, 2]]), '[[1, 2]]')).not.toThrow()
  expect(() => matches(tensor([[1, 2]]), '[[1, 3]]')).toThrow()
  expect(() => matches(['loss', 0.251], 'loss 0.25', true)).not.toThrow()
  expect(() => matches(['loss', 0.261], 'loss 0.25', true)).toThrow()
})
