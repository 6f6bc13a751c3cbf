import { Rng } from '@winnow/core'
import { describe, expect, it } from 'vitest'
import { learnMerges, type Merge } from './merges.ts'

type Words = (readonly [number[], number])[]

/** Everything counted anew for each merge. */
function naive(words: Words, firstSymbol: number, most: number, leastCount: number): Merge[] {
  const all: Words = words.map(([symbols, count]) => [[...symbols], count])
  const merges: Merge[] = []
  while (merges.length < most) {
    const counts = new Map<string, number>()
    for (const [symbols, count] of all) {
      for (let i = 1; i < symbols.length; i++) {
        const key = `${symbols[i - 1]} ${symbols[i]}`
        counts.set(key, (counts.get(key) ?? 0) + count)
      }
    }
    const pairs = [...counts].map(([key, count]) => [key.split(' ').map(Number), count] as const)
    pairs.sort(([[a = 0, b = 0], n], [[c = 0, d = 0], m]) => m - n || a - c || b - d)
    const [best] = pairs
    if (best === undefined || best[1] < leastCount) break
    const [left, right] = best[0] as [number, number]
    for (const [symbols] of all) {
      for (let i = 0; i < symbols.length; i++) {
        if (symbols[i] === left && symbols[i + 1] === right) {
          symbols.splice(i, 2, firstSymbol + merges.length)
        }
      }
    }
    merges.push([left, right])
  }
  return merges
}

describe('learnMerges', () => {
  it("makes the merges of the paper's words: low, lower, newest, widest", () => {
    const letters = ['_', ...'lowernstid']
    const words: Words = (
      [
        ['low_', 5],
        ['lower_', 2],
        ['newest_', 6],
        ['widest_', 3],
      ] as const
    ).map(([word, count]) => [[...word].map((letter) => letters.indexOf(letter)), count])
    const merges = learnMerges(words, { firstSymbol: letters.length, merges: 10, leastCount: 1 })
    for (const [left, right] of merges) letters.push(`${letters[left]}${letters[right]}`)
    // The paper takes another one of pairs as frequent: es-t before t-_.
    expect(letters.slice(11)).toEqual('es t_ est_ lo low west_ ewest_ newest_ low_ wi'.split(' '))
  })

  it('makes the merges that counting anew would, ties and repeats included', () => {
    for (let seed = 0; seed < 40; seed++) {
      const rng = new Rng(seed)
      const words: Words = Array.from({ length: 30 }, () => {
        const length = 1 + Math.floor(rng.number() * 9)
        const symbols = Array.from({ length }, () => Math.floor(rng.number() ** 2 * 4))
        return [symbols, 1 + Math.floor(rng.number() * 4)]
      })
      const merges = learnMerges(words, { firstSymbol: 4, merges: 25, leastCount: 2 })
      expect(merges).toEqual(naive(words, 4, 25, 2))
      expect(merges.length).toBeGreaterThan(5)
    }
  })

  it('ends where no pair is frequent enough, and leaves what came as it is', () => {
    const words: Words = [[[0, 1, 0, 1], 1]]
    expect(learnMerges(words, { firstSymbol: 2, merges: 9, leastCount: 2 })).toEqual([[0, 1]])
    expect(words).toEqual([[[0, 1, 0, 1], 1]])
    expect(learnMerges([], { firstSymbol: 2, merges: 9, leastCount: 1 })).toEqual([])
    expect(learnMerges([[[0], 5]], { firstSymbol: 2, merges: 9, leastCount: 1 })).toEqual([])
  })
})
