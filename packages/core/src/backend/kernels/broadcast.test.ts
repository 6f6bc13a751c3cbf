import { expect, test } from 'vitest'
import { broadcastBinary, broadcastShape } from './broadcast.ts'

const count = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1)

/** Element `index` of an operand at a place of the output, by its definition. */
const at = (shape: readonly number[], place: readonly number[]): number => {
  const own = place.slice(place.length - shape.length)
  return shape.reduce((index, size, axis) => index * size + (size === 1 ? 0 : (own[axis] ?? 0)), 0)
}

test.each([
  [
    [2, 3, 4],
    [2, 3, 4],
  ],
  [
    [2, 1, 4],
    [3, 1],
  ],
  [[1], [2, 2]],
  [[], [3]],
  [
    [5, 1, 2],
    [1, 4, 2],
  ],
  [[], []],
  [
    [2, 0, 3],
    [1, 3],
  ],
])('broadcasts %j with %j as numpy does', (a, b) => {
  const shape = broadcastShape(a, b)
  const values = (own: number[], first: number) =>
    Array.from({ length: count(own) }, (_, i) => first + i)
  const [left, right] = [values(a, 1), values(b, 1000)]
  const out = new Float32Array(count(shape))
  broadcastBinary(
    { values: left, shape: a },
    { values: right, shape: b },
    shape,
    out,
    (x, y) => y - 10 * x,
  )
  for (let i = 0; i < out.length; i++) {
    let rest = i
    const place = shape.map(() => 0)
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      place[axis] = rest % (shape[axis] as number)
      rest = Math.floor(rest / (shape[axis] as number))
    }
    expect(out[i]).toBe((right[at(b, place)] ?? 0) - 10 * (left[at(a, place)] ?? 0))
  }
})

test('shapes that do not fit are refused', () => {
  expect(() => broadcastShape([2, 3], [2])).toThrow('could not be broadcast')
})
