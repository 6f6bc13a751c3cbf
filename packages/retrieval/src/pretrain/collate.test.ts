import { Rng } from '@winnow/core'
import { describe, expect, it } from 'vitest'
import { usualSpecialIds } from '../encoder/special-ids.ts'
import { smallTexts, smallTokenizer } from '../testing/small.ts'
import { type CollateOptions, collator } from './collate.ts'
import { passageArrays } from './passages.ts'

const options: CollateOptions = {
  vocabulary: smallTokenizer.vocabulary,
  special: usualSpecialIds,
  encoderMask: 0.3,
  corruption: { mask: 0.8, random: 0.1 },
  decoder: { mask: 0.5, pool: 32 },
  bagOfWords: true,
}
// Long passages, so that shares are near their ratios.
const texts = Array.from({ length: 8 }, (_, i) =>
  Array.from({ length: 12 }, (_, j) => smallTexts[(i * j + j) % 4]).join('. '),
)
const tokens = 128
const { ids, words } = passageArrays(smallTokenizer, [...texts, 'the cat'], { tokens })
const batch = await collator(options)({ inputs: ids, words }, new Rng(3))
const values = (name: string): ArrayLike<number> => batch[name]?.data as ArrayLike<number>
const rowOf = (name: string, row: number, width = tokens): number[] =>
  Array.from({ length: width }, (_, i) => values(name)[row * width + i] as number)

describe('the collator', () => {
  it('hides the share of whole words, the same number of every passage', () => {
    const hidden = batch['targets']?.shape[1] as number
    expect(hidden).toBe(39)
    for (let e = 0; e < 8; e++) {
      const places = rowOf('order', e).slice(tokens - hidden)
      const own = rowOf('inputs', e)
      expect(rowOf('targets', e, hidden)).toEqual(places.map((place) => own[place]))
      expect(places.map((place) => words.data[e * tokens + place])).not.toContain(-1)
      // Whole words: all but one at most have none or all of their tokens hidden.
      const byWord = new Map<number, boolean[]>()
      for (let t = 0; t < tokens; t++) {
        const word = words.data[e * tokens + t] as number
        if (word >= 0) byWord.set(word, [...(byWord.get(word) ?? []), places.includes(t)])
      }
      const cut = [...byWord.values()].filter((flags) => new Set(flags).size > 1)
      expect(cut.length).toBeLessThanOrEqual(1)
    }
  })

  it('puts the mask token in 8 of 10 hidden places, and changes no others', () => {
    const counts = { mask: 0, same: 0, other: 0 }
    for (let e = 0; e < 8; e++) {
      const places = new Set(rowOf('order', e).slice(tokens - 39))
      for (let t = 0; t < tokens; t++) {
        const before = values('inputs')[e * tokens + t]
        const after = values('masked')[e * tokens + t]
        if (!places.has(t)) expect(after).toBe(before)
        else counts[after === 3 ? 'mask' : after === before ? 'same' : 'other']++
      }
    }
    expect(counts.mask / (8 * 39)).toBeGreaterThan(0.74)
    expect(counts.mask / (8 * 39)).toBeLessThan(0.87)
    expect(counts.same).toBeGreaterThan(10)
    expect(counts.other).toBeGreaterThan(10)
  })

  it('lets each row of the decoder see half of the words, and never itself', () => {
    const shares: number[] = []
    const rows = new Set<string>()
    for (let e = 0; e < 8; e++) {
      for (let i = 0; i < tokens; i++) {
        const row = rowOf('visible', e * tokens + i)
        rows.add(row.join(''))
        expect(row[i]).toBe(0)
        if (i !== 0) expect(row[0]).toBe(1)
        const own = row.filter((_, t) => (words.data[e * tokens + t] as number) >= 0)
        shares.push(own.reduce((a, b) => a + b) / own.length)
      }
    }
    const mean = shares.reduce((a, b) => a + b) / shares.length
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.03)
    expect(Math.max(...shares.map((share) => Math.abs(share - 0.5)))).toBeLessThan(0.03)
    expect(rows.size).toBeGreaterThan(600)
  })

  it('shows padding to no row', () => {
    for (let i = 0; i < tokens; i++) {
      const row = rowOf('visible', 8 * tokens + i)
      expect(row.filter((_, t) => words.data[8 * tokens + t] === -2)).not.toContain(1)
    }
    // Two words: one token each at most asked for, the rest of the targets is padding.
    expect(rowOf('targets', 8, 39).filter((id) => id !== 0).length).toBeLessThanOrEqual(2)
  })

  it('weighs each distinct token of n by 1/n', () => {
    const { vocabulary } = options
    const own = smallTokenizer.encode('the cat')
    const bag = rowOf('bag', 8, vocabulary)
    expect(bag.filter((weight) => weight > 0)).toHaveLength(new Set(own).size)
    for (const id of own) expect(bag[id]).toBeCloseTo(1 / own.length)
    const long = rowOf('bag', 0, vocabulary)
    // 126 tokens with many repeated: the sum stays below 1.
    expect(long.reduce((a, b) => a + b)).toBeLessThan(0.8)
    expect(Math.max(...long)).toBeCloseTo(1 / 126)
    expect(long.slice(0, 4)).toEqual([0, 0, 0, 0])
  })

  it('draws the same for the same generator, and something else for another', async () => {
    const again = await collator(options)({ inputs: ids, words }, new Rng(3))
    expect(again).toEqual(batch)
    const other = await collator(options)({ inputs: ids, words }, new Rng(4))
    expect(other['order']).not.toEqual(batch['order'])
    expect(other['visible']).not.toEqual(batch['visible'])
  })

  it('refuses batches without words', () => {
    expect(() => collator(options)({ inputs: ids }, new Rng(1))).toThrow('words [undefined] came')
  })
})
