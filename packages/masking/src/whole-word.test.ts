import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { compile, Rng } from '@winnow/core'
import { beforeAll, expect, test } from 'vitest'
import { hiddenIndicator } from './mask.ts'
import { hiddenRows } from './testing/hidden-rows.ts'
import { wholeWordMask } from './whole-word.ts'

beforeAll(() => tf.setBackend('cpu'))

/** 24 tokens: a separator, words of one to four tokens, a separator. */
const row = [-1, 0, 0, 1, 2, 2, 2, 3, 4, 4, 5, 5, 5, 5, 6, 7, 7, 8, 9, 9, 9, 10, 10, -1]

/** Words of a row that are hidden in part, and those hidden at all. */
const wordsHidden = (words: number[], flags: number[]): { cut: number; whole: number } => {
  let [cut, whole] = [0, 0]
  for (const word of new Set(words.filter((id) => id >= 0))) {
    const pieces = flags.filter((_, i) => words[i] === word)
    const hidden = pieces.reduce((a, b) => a + b)
    if (hidden === pieces.length) whole++
    else if (hidden > 0) cut++
  }
  return { cut, whole }
}

test('hides exactly the count, at most one word of each example in part, separators never', () => {
  const rows = Array.from({ length: 200 }, () => row)
  const mask = wholeWordMask({ ratio: 0.4 }).draw([24], 200, new Rng(1), { words: rows })
  let cuts = 0
  const seen = new Set<string>()
  for (const flags of hiddenRows(mask)) {
    expect(flags.reduce((a, b) => a + b)).toBe(10)
    expect([flags[0], flags[23]]).toEqual([0, 0])
    const { cut, whole } = wordsHidden(row, flags)
    expect(cut).toBeLessThanOrEqual(1)
    expect(whole).toBeGreaterThan(1)
    cuts += cut
    seen.add(flags.join(''))
  }
  // Words of one token fill most gaps.
  expect(cuts).toBeLessThan(20)
  expect(seen.size).toBeGreaterThan(100)
})

test('where no word fits, one is cut to make the count exact', () => {
  const words = [[0, 0, 0, 0, 1, 1, 1, 1]]
  for (let seed = 0; seed < 5; seed++) {
    const mask = wholeWordMask({ ratio: 0.75 }).draw([8], 1, new Rng(seed), { words })
    const [flags = []] = hiddenRows(mask)
    expect(wordsHidden(words[0] as number[], flags)).toEqual({ cut: 1, whole: 1 })
    expect(['11001111', '11111100']).toContain(flags.join(''))
  }
})

test('a padded example has the same share of its words hidden, and padding besides', () => {
  const padded = [...row.slice(0, 12), ...Array(12).fill(-2)]
  const mask = wholeWordMask({ ratio: 0.4 }).draw([24], 2, new Rng(2), { words: [padded, row] })
  const [flags = [], whole = []] = hiddenRows(mask)
  const own = flags.filter((_, i) => (padded[i] ?? 0) >= 0).reduce((a, b) => a + b)
  // 11 tokens of words: all but floor(11 * 0.6) = 6.
  expect(own).toBe(5)
  expect(flags.reduce((a, b) => a + b)).toBe(10)
  expect(flags[0]).toBe(0)
  expect(whole.reduce((a, b) => a + b)).toBe(10)
  const onlyPadding = [Array(8).fill(-2)]
  const [nothing = []] = hiddenRows(
    wholeWordMask({ ratio: 0.5 }).draw([8], 1, new Rng(3), { words: onlyPadding }),
  )
  expect(nothing.join('')).toBe('00001111')
})

test('a tensor of words gives the masks that numbers give, compiled or not, and leaves nothing', async () => {
  const strategy = wholeWordMask({ ratio: 0.3 })
  const words = [row, row.map((word) => (word > 5 ? -2 : word))]
  const expected = hiddenRows(strategy.draw([24], 2, new Rng(4).split(), { words }))
  const ids = tf.tensor2d(words, [2, 24], 'int32')
  expect(hiddenRows(strategy.draw([24], 2, new Rng(4).split(), { words: ids }))).toEqual(expected)
  using compiled = compile((words: tf.Tensor, rng: Rng) =>
    hiddenIndicator(strategy.draw([24], 2, rng, { words })),
  )
  const before = tf.memory().numTensors
  const rng = new Rng(4)
  for (const same of [true, false]) {
    const found = await compiled(ids, rng)
    if (same) expect(found.arraySync()).toEqual(expected)
    else expect(found.arraySync()).not.toEqual(expected)
    found.dispose()
  }
  expect(tf.memory().numTensors).toBe(before)
})

test('every word is hidden about as often as the ratio says', () => {
  const words = [...Array(12).keys()].flatMap((word) => [word, word])
  const rows = Array.from({ length: 2000 }, () => words)
  const mask = wholeWordMask({ ratio: 0.25 }).draw([24], 2000, new Rng(5), { words: rows })
  const share = tf.mean(hiddenIndicator(mask), 0).dataSync()
  for (const found of share) expect(Math.abs(found - 0.25)).toBeLessThan(0.035)
})

test('bad input', () => {
  const strategy = wholeWordMask({ ratio: 0.5 })
  const draw = (words?: number[][]) => () =>
    strategy.draw([4], 2, new Rng(1), words === undefined ? {} : { words })
  expect(draw()).toThrow('wholeWord: words: nothing came, expected the word of each token, [2, 4]')
  expect(draw([[0, 1, 2, 3]])).toThrow('wholeWord: words: shape [1,4] came')
  expect(
    draw([
      [0, 1, 2, 3],
      [0, 1],
    ]),
  ).toThrow('wholeWord: words: shape [2,2] came')
  expect(
    draw([
      [0, 1, 2, 3],
      [-1, -1, -1, 0],
    ]),
  ).toThrow(
    'wholeWord: words: example 1 has 1 tokens of words and 0 of padding, expected at least the 2',
  )
  expect(() => strategy.draw([4], 2, new Rng(1), { words: tf.zeros([2, 3], 'int32') })).toThrow(
    'shape [2,3] came',
  )
  expect(() => strategy.count([2, 2])).toThrow('wholeWord: grid: [2,2] came')
  expect(() => wholeWordMask({ ratio: 1 })).toThrow('wholeWord: ratio: 1 came')
})
