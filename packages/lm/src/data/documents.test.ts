import { Rng } from '@winnow/core'
import { trainTokenizer } from '@winnow/text'
import { describe, expect, it } from 'vitest'
import { packTexts, sequenceBatches, sequences } from './documents.ts'

const stream = Int32Array.from({ length: 101 }, (_, i) => i)

async function rows(epoch: number, from = 0, seed = 1): Promise<number[][]> {
  const batches = sequenceBatches(stream, { tokens: 10, batch: 2 })
  const all: number[][] = []
  for await (const { inputs } of batches.epoch(new Rng(seed), epoch, { from })) {
    expect(inputs.shape).toEqual([2, 11])
    for (let row = 0; row < 2; row++) all.push([...inputs.data.subarray(row * 11, row * 11 + 11)])
  }
  return all
}

describe('packTexts', () => {
  it('puts the end of a text before, between and behind', () => {
    const tokenizer = trainTokenizer(['aabb'], { vocabulary: 257 })
    const [a, b] = [1 + 97, 1 + 98]
    expect([...packTexts(tokenizer, ['ab', '', 'b'])]).toEqual([0, a, b, 0, 0, b, 0])
    expect([...packTexts(tokenizer, [])]).toEqual([0])
    const without = { ...tokenizer, endOfText: undefined }
    expect(() => packTexts(without, ['a'])).toThrow('has no <|endoftext|>')
  })
})

describe('sequences', () => {
  it('predict every id but the first once, as far as whole sequences reach', () => {
    const { inputs } = sequences(stream, { tokens: 10 }).fields
    expect(inputs.shape).toEqual([10, 11])
    const targets = Array.from({ length: 10 }, (_, i) => [
      ...inputs.data.subarray(i * 11 + 1, i * 11 + 11),
    ])
    expect(targets.flat()).toEqual(Array.from({ length: 100 }, (_, i) => i + 1))
    expect(sequences(stream.subarray(0, 100), { tokens: 10 }).length).toBe(9)
  })
})

describe('sequenceBatches', () => {
  it('are runs of the stream in random order, cut at another place in each pass', async () => {
    const [first, second] = [await rows(0), await rows(1)]
    expect(first).toHaveLength(8)
    for (const row of [...first, ...second]) {
      expect(row).toEqual(Array.from({ length: 11 }, (_, i) => (row[0] as number) + i))
    }
    const starts = (all: number[][]): number[] => all.map(([start = 0]) => start)
    const shift = (all: number[][]): number => Math.min(...starts(all)) % 10
    expect(new Set(starts(first)).size).toBe(8)
    expect(new Set(starts(first).map((start) => start % 10)).size).toBe(1)
    expect(shift(first)).not.toBe(shift(second))
    expect(starts(first)).not.toEqual([...starts(first)].sort((a, b) => a - b))
  })

  it('are the same for the same generator and pass, from any batch on', async () => {
    expect(await rows(1)).toEqual(await rows(1))
    expect(await rows(1, 2)).toEqual((await rows(1)).slice(4))
    expect(await rows(1, 0, 2)).not.toEqual(await rows(1))
  })

  it('refuse what makes no batch', () => {
    expect(() => sequenceBatches(stream, { tokens: 10, batch: 10 })).toThrow(
      'batch: 10 came for 9 sequences of 10 tokens',
    )
    expect(() => sequenceBatches(stream, { tokens: 101, batch: 1 })).toThrow('101 ids came')
    expect(() => sequences(stream, { tokens: 0 })).toThrow('tokens: 0 came')
  })
})
