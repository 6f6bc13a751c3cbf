import { WinnowError } from '@winnow/core'
import { describe, expect, it } from 'vitest'
import { compareBytes, type Qrels, type Run } from './judgements.ts'
import { meanAveragePrecision } from './mean-average-precision.ts'
import type { Measured } from './measure.ts'
import { mrr } from './mrr.ts'
import { ndcg } from './ndcg.ts'
import { recall } from './recall.ts'
import { expected, means, qrelsText, runText } from './testing/trec-eval-case.ts'

function rows(text: string): Map<string, [string, number][]> {
  return new Map(
    text.split('\n').map((line) => {
      const [query = '', ...pairs] = line.split(' ')
      return [
        query,
        pairs.map((pair) => {
          const [id = '', value] = pair.split(':')
          return [id, Number(value)]
        }),
      ]
    }),
  )
}

const qrels: Qrels = new Map([...rows(qrelsText)].map(([query, pairs]) => [query, new Map(pairs)]))
const run: Run = new Map(
  [...rows(runText)].map(([query, pairs]) => [query, pairs.map(([id, score]) => ({ id, score }))]),
)

const measures: Record<keyof typeof expected, (options: { complete?: boolean }) => Measured> = {
  ndcg_cut_3: (options) => ndcg(run, qrels, { k: 3, ...options }),
  ndcg_cut_10: (options) => ndcg(run, qrels, { k: 10, ...options }),
  recip_rank: (options) => mrr(run, qrels, { k: 3, ...options }),
  recall_3: (options) => recall(run, qrels, { k: 3, ...options }),
  recall_10: (options) => recall(run, qrels, { k: 10, ...options }),
  map: (options) => meanAveragePrecision(run, qrels, options),
}

describe('the measures beside trec_eval', () => {
  for (const [name, measure] of Object.entries(measures)) {
    it(`${name} is the same for every query, to the four digits it prints`, () => {
      const { mean, queries } = measure({})
      const printed = expected[name as keyof typeof expected]
      expect([...queries.keys()]).toEqual([...qrels.keys()])
      for (const [i, value] of [...queries.values()].entries()) {
        expect(Math.abs(value - (printed[i] as number)), `q${i + 1}`).toBeLessThan(5.01e-5)
      }
      const [all, inBoth] = means[name as keyof typeof means] as [number, number]
      expect(Math.abs(mean - all)).toBeLessThan(5.01e-5)
      const partial = measure({ complete: false })
      expect(partial.queries.size).toBe(qrels.size - 1)
      expect(Math.abs(partial.mean - inBoth)).toBeLessThan(5.01e-5)
    })
  }
})

describe('the measures worked by hand', () => {
  const judged: Qrels = new Map([
    [
      'q',
      new Map([
        ['a', 3],
        ['b', 2],
        ['c', 1],
        ['d', 0],
      ]),
    ],
  ])
  const found = (...hits: readonly [string, number][]): Run =>
    new Map([['q', hits.map(([id, score]) => ({ id, score }))]])

  it('takes the grade as gain, and log2(rank + 1) as discount', () => {
    // Ranks: d (0), a (3), c (1): 3 / log2(3) + 1 / 2; ideal at 3: 3 + 2 / log2(3) + 1 / 2.
    const { mean } = ndcg(found(['a', 2], ['c', 1], ['d', 3]), judged, { k: 3 })
    expect(mean).toBeCloseTo((3 / Math.log2(3) + 0.5) / (3 + 2 / Math.log2(3) + 0.5), 12)
  })

  it('breaks ties by id, the later one first', () => {
    expect(mrr(found(['a', 1], ['x', 1]), judged, { k: 10 }).mean).toBe(0.5)
    expect(mrr(found(['c', 1], ['b10', 1]), judged, { k: 10 }).mean).toBe(1)
  })

  it('takes unjudged documents as not relevant, and does not pass over them', () => {
    const hits = found(['x', 9], ['y', 8], ['b', 7])
    expect(mrr(hits, judged, { k: 10 }).mean).toBe(1 / 3)
    expect(mrr(hits, judged, { k: 2 }).mean).toBe(0)
    expect(meanAveragePrecision(hits, judged).mean).toBeCloseTo(1 / 3 / 3, 12)
  })

  it('counts what was not found, where there are fewer hits than k', () => {
    const hits = found(['a', 9], ['b', 8])
    expect(recall(hits, judged, { k: 100 }).mean).toBeCloseTo(2 / 3, 12)
    expect(meanAveragePrecision(hits, judged).mean).toBeCloseTo(2 / 3, 12)
    expect(recall(hits, judged, { k: 1 }).mean).toBeCloseTo(1 / 3, 12)
  })

  it('gives 0 to a query without relevant documents, and counts it', () => {
    const two: Qrels = new Map([...judged, ['none', new Map([['a', 0]])]])
    const both: Run = new Map([...found(['a', 1]), ['none', [{ id: 'a', score: 1 }]]])
    expect(mrr(both, two, { k: 10 }).mean).toBe(0.5)
    expect(ndcg(both, two, { k: 1 }).mean).toBe(0.5)
    expect(recall(both, two, { k: 10 }).queries.get('none')).toBe(0)
  })

  it('refuses documents found twice, scores that are none, and nothing to measure', () => {
    expect(() => mrr(found(['a', 1], ['a', 2]), judged, { k: 1 })).toThrow(
      "run: query 'q': document 'a' came twice",
    )
    expect(() => mrr(found(['a', Number.NaN]), judged, { k: 1 })).toThrow(WinnowError)
    expect(() => mrr(new Map(), new Map(), { k: 1 })).toThrow('none to measure')
    expect(() => mrr(found(), judged, { k: 0 })).toThrow('mrr: k: 0 came')
  })
})

describe('compareBytes', () => {
  it('orders as UTF-8 does', () => {
    const texts = ['', 'Z', 'a', 'ab', 'b', 'é', '\uff21', '\u{1f600}', '\u{1f600}a', '\u{1f601}']
    const bytes = (text: string): Buffer => Buffer.from(text)
    for (const a of texts) {
      for (const b of texts) {
        expect(Math.sign(compareBytes(a, b))).toBe(Buffer.compare(bytes(a), bytes(b)))
      }
    }
  })
})
