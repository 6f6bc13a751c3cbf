import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { Rng } from '@winnow/core'
import { beforeAll, expect, test } from 'vitest'
import { drawMask, hiddenIndicator, maskFromHidden } from './mask.ts'

beforeAll(() => tf.setBackend('cpu'))

test('a mask from flags: the order, its inverse and the flags again', () => {
  const mask = maskFromHidden([
    [true, false, false, true],
    [false, false, true, true],
  ])
  expect([mask.kept, mask.hidden, mask.tokens]).toEqual([2, 2, 4])
  expect(mask.order.arraySync()).toEqual([
    [1, 2, 0, 3],
    [0, 1, 2, 3],
  ])
  expect(mask.restore.arraySync()).toEqual([
    [2, 0, 1, 3],
    [0, 1, 2, 3],
  ])
  const hidden = hiddenIndicator(mask)
  expect(hidden.dtype).toBe('float32')
  expect(hidden.arraySync()).toEqual([
    [1, 0, 0, 1],
    [0, 0, 1, 1],
  ])
})

test('rows that do not make a mask are refused', () => {
  expect(() => maskFromHidden([])).toThrow('no rows came')
  expect(() => maskFromHidden([[1, 1]])).toThrow('all 2 tokens would be hidden')
  expect(() => maskFromHidden([[]])).toThrow('all 0 tokens would be hidden')
  const uneven = [
    [1, 0, 0],
    [1, 1, 0],
  ]
  expect(() => maskFromHidden(uneven)).toThrow(
    'mask: example 1 hides 2 of 3 tokens, expected 1 of 3',
  )
  expect(() =>
    maskFromHidden([
      [1, 0, 0],
      [1, 0],
    ]),
  ).toThrow('example 1 hides 1 of 2 tokens')
})

test('each example draws from a generator of its own', () => {
  const count = { kept: 3, hidden: 1 }
  const hideOne = (rng: Rng): Uint8Array => {
    const flags = new Uint8Array(4)
    flags[Math.floor(rng.number() * 4)] = 1
    return flags
  }
  const of = (batch: number): number[][] =>
    hiddenIndicator(drawMask(count, batch, new Rng(1), hideOne)).arraySync() as number[][]
  const many = of(64)
  expect(new Set(many.map((row) => row.join())).size).toBe(4)
  // So a longer batch begins with the same masks.
  expect(of(8)).toEqual(many.slice(0, 8))
  expect(() => drawMask(count, 1, new Rng(1), () => [1, 1, 0, 0])).toThrow('hides 2 of 4')
})
