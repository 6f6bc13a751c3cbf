import { gzipSync } from 'node:zlib'
import { Rng } from '@winnow/core'
import { trainTokenizer } from '@winnow/text'
import { describe, expect, it } from 'vitest'
import { grammarStream } from '../testing/grammar.ts'
import { gzipBitsPerByte } from './gzip.ts'
import { NGramModel, nGramBitsPerByte } from './n-gram.ts'

describe('NGramModel', () => {
  it('has the probabilities of the formula', () => {
    // 0 0 1 and its end 2, with 2 before: pairs 20 00 01 12, each once; one of them in each of the contexts 2, 1; two in 0.
    const model = new NGramModel([[0, 0, 1]], { symbols: 3, order: 2 })
    // All pairs once: D = 1. Of one symbol: 0 follows two symbols (2, 0), 1 and 2 one each: n1 = 2, n2 = 1, D = 1/2.
    const one = (count: number): number => (Math.max(count - 0.5, 0) + (0.5 * 3) / 3) / 4
    const below = [one(2), one(1), one(1)]
    for (const symbol of [0, 1, 2]) {
      expect(model.probability([0], symbol)).toBeCloseTo(below[symbol] as number, 10)
    }
    // Seen thrice and once: D = 1/(1 + 0) of counts 3 and 1 in the context 0.
    const other = new NGramModel([[0, 0, 0, 0, 1]], { symbols: 3, order: 2 })
    const lower = other.probability([1], 0)
    expect(other.probability([0], 0)).toBeCloseTo((3 - 1 + 2 * lower) / 4, 10)
  })

  it.each([1, 2, 3, 4])('sums to 1 over all symbols at order %d, seen or not', (order) => {
    const stream = grammarStream(300, 5)
    const model = new NGramModel([stream, [4, 4]], { symbols: 6, order })
    const rng = new Rng(2)
    for (let i = 0; i < 50; i++) {
      const length = Math.floor(rng.number() * 6)
      const history = Array.from({ length }, () => Math.floor(rng.number() * 5))
      let sum = 0
      for (let symbol = 0; symbol < 6; symbol++) {
        const p = model.probability(history, symbol)
        expect(p).toBeGreaterThan(0)
        sum += p
      }
      expect(sum).toBeCloseTo(1, 10)
    }
  })

  it('learns a grammar to its entropy with two symbols before, and nothing with one', () => {
    const [train, test] = [grammarStream(30_000, 6), grammarStream(3000, 6, 2)]
    const nats = (order: number): number =>
      new NGramModel([train], { symbols: 7, order }).nats(test) / (test.length + 1)
    expect(nats(2)).toBeGreaterThan(1.75)
    expect(nats(3)).toBeLessThan(0.5623 + 0.05)
    expect(nats(3)).toBeGreaterThan(0.5623 - 0.05)
  })

  it('refuses symbols out of range and orders too high', () => {
    expect(() => new NGramModel([[0, 2]], { symbols: 3, order: 2 })).toThrow('the symbol 2 came')
    expect(() => new NGramModel([], { symbols: 3, order: 2 })).toThrow('no sequences came')
    expect(() => new NGramModel([[0]], { symbols: 257, order: 7 })).toThrow('expected 1 to 6')
    expect(() => new NGramModel([[0]], { symbols: 1, order: 1 })).toThrow('symbols: 1 came')
  })
})

describe('bits per byte of baselines', () => {
  const train = Array.from({ length: 30 }, (_, i) => `number ${i} of the many texts`)

  it('are those of gzip with a zero byte behind each text', async () => {
    const bytes = gzipSync(train.map((text) => `${text}\0`).join(''), { level: 6 }).length
    const total = train.reduce((sum, text) => sum + text.length + 1, 0)
    expect(await gzipBitsPerByte(train)).toBeCloseTo((8 * bytes) / total, 1)
    expect(await gzipBitsPerByte('a')).toBeGreaterThan(50)
  })

  it('are small for more of the same, large for anything else, by bytes and by tokens', () => {
    const tokenizer = trainTokenizer(train, { vocabulary: 300 })
    for (const options of [{}, { tokenizer }]) {
      expect(nGramBitsPerByte(train, 'number 31 of the many texts', options)).toBeLessThan(1)
      expect(nGramBitsPerByte(train, 'ΩΩΩ', options)).toBeGreaterThan(5)
    }
    // By hand for order 1: p of each symbol from counts and the uniform one.
    const model = new NGramModel([[97, 97, 98]], { symbols: 257, order: 1 })
    const nats = -Math.log(model.probability([], 97)) - Math.log(model.probability([], 256))
    expect(nGramBitsPerByte(['aab'], 'a', { order: 1 })).toBeCloseTo(nats / Math.LN2 / 2, 10)
  })
})
