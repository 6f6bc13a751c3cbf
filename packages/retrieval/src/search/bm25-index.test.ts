import { Rng } from '@winnow/core'
import { describe, expect, it } from 'vitest'
import { Bm25Index } from './bm25-index.ts'
import type { Hit } from './search-index.ts'
import { words } from './testing/random.ts'

/** The formula, document by document. */
function byHand(
  texts: ReadonlyMap<string, string>,
  query: string,
  k1 = 1.2,
  b = 0.75,
): readonly Hit[] {
  const documents = [...texts].map(([id, text]) => ({ id, terms: text.split(' ') }))
  const mean = documents.reduce((sum, { terms }) => sum + terms.length, 0) / documents.length
  const hits: Hit[] = []
  for (const { id, terms } of documents) {
    let score = 0
    for (const word of query.split(' ')) {
      const times = terms.filter((term) => term === word).length
      if (times === 0) continue
      const having = documents.filter((other) => other.terms.includes(word)).length
      const rarity = Math.log(1 + (documents.length - having + 0.5) / (having + 0.5))
      score += (rarity * times) / (times + k1 * (1 - b + (b * terms.length) / mean))
    }
    if (score > 0) hits.push({ id, score })
  }
  return hits.sort((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1))
}

function expectSame(found: readonly Hit[], expected: readonly Hit[]): void {
  expect(found.map(({ score }) => score.toFixed(10))).toEqual(
    expected.map(({ score }) => score.toFixed(10)),
  )
  expect(new Set(found.map(({ id }) => id))).toEqual(new Set(expected.map(({ id }) => id)))
}

describe('Bm25Index', () => {
  it('scores as worked by hand', async () => {
    const index = new Bm25Index()
    index.add('a', 'the cat sat')
    index.add('b', 'the dog and the cat and the cow')
    index.add('c', 'a horse')
    const hits = await index.search('cats')
    // N = 3, n = 2: ln(1 + 1.5 / 2.5); lengths 3, 8, 2, mean 13 / 3.
    const rarity = Math.log(1.6)
    expect(hits.map(({ id }) => id)).toEqual(['a', 'b'])
    expect(hits[0]?.score).toBeCloseTo(rarity / (1 + 1.2 * (0.25 + (0.75 * 9) / 13)), 12)
    expect(hits[1]?.score).toBeCloseTo(rarity / (1 + 1.2 * (0.25 + (0.75 * 24) / 13)), 12)
  })

  it('finds what the formula finds, whatever k, k1 and b', async () => {
    const rng = new Rng(1)
    for (const [k1, b] of [
      [1.2, 0.75],
      [0.5, 0],
      [2, 1],
      [0, 0.5],
    ]) {
      const index = new Bm25Index({
        k1: k1 as number,
        b: b as number,
        analyzer: { stemming: 'none' },
      })
      const texts = new Map<string, string>()
      for (let i = 0; i < 120; i++) {
        const text = words(rng, 1 + Math.floor(rng.number() * 40))
        texts.set(`d${i}`, text)
        index.add(`d${i}`, text)
      }
      for (let i = 0; i < 10; i++) {
        const query = words(rng, 1 + i)
        const expected = byHand(texts, query, k1, b)
        expectSame(await index.search(query, { k: 1000 }), expected)
        const found = await index.search(query, { k: 4 })
        expect(found.map(({ score }) => score.toFixed(10))).toEqual(
          expected.slice(0, 4).map(({ score }) => score.toFixed(10)),
        )
      }
    }
  })

  it('counts as if what was removed had never been there', async () => {
    const rng = new Rng(2)
    const texts = Array.from({ length: 3000 }, (_, i) => [`d${i}`, words(rng, 12)] as const)
    const [index, fresh] = [new Bm25Index(), new Bm25Index()]
    for (const [id, text] of texts) index.add(id, text, { id })
    for (const [i, [id, text]] of texts.entries()) {
      if (i % 4 === 0) fresh.add(id, text, { id })
      else index.remove(id)
    }
    const read = Bm25Index.deserialise(index.serialise())
    for (const some of [index, read]) {
      some.add('more', 'w1 w2 w3')
      if (some === index) fresh.add('more', 'w1 w2 w3')
      expect(await some.search('w1 w9 w30')).toEqual(await fresh.search('w1 w9 w30'))
      expect(await some.search('w40', { filter: { id: 'd4' } })).toEqual(
        await fresh.search('w40', { filter: { id: 'd4' } }),
      )
    }
  })

  it('has its analyzer and its constants in the file', async () => {
    const index = new Bm25Index({
      k1: 2,
      b: 0.1,
      analyzer: { stemming: 'none', stopWords: ['the'] },
    })
    index.add('a', 'the cats', { n: 1 })
    const read = Bm25Index.deserialise(index.serialise())
    expect(read.config).toEqual(index.config)
    expect(await read.search('cats')).toEqual(await index.search('cats'))
    expect((await read.search('cats'))[0]?.metadata).toEqual({ n: 1 })
    expect(await read.search('cat')).toEqual([])
    expect(await read.search('the')).toEqual([])
  })

  it('answers an empty index, and a query or texts without words, with nothing', async () => {
    const index = new Bm25Index()
    expect(await index.search('cat')).toEqual([])
    index.add('a', '')
    index.add('b', ' \n…')
    expect(await index.search('cat')).toEqual([])
    index.add('c', 'cat')
    expect(await index.search('')).toEqual([])
    expect(await index.search(' ?!')).toEqual([])
    expect((await index.search('cat')).map(({ id }) => id)).toEqual(['c'])
    expect(await Bm25Index.deserialise(new Bm25Index().serialise()).search('cat')).toEqual([])
  })

  it('takes megabytes of text, as document and as query', async () => {
    const index = new Bm25Index()
    const long = `${'many words here '.repeat(150_000)}needle`
    index.add('long', long)
    index.add('short', 'needle')
    expect((await index.search('needle')).map(({ id }) => id)).toEqual(['short', 'long'])
    expect((await index.search(long)).map(({ id }) => id)).toEqual(['long', 'short'])
  })

  it('takes text that is no good Unicode, and words that are names of fields', async () => {
    const index = new Bm25Index()
    index.add('\ud800', 'lone \udc00 half', { text: '\ud83d' })
    index.add('__proto__', 'constructor toString __proto__')
    const read = Bm25Index.deserialise(index.serialise())
    expect(await read.search('half')).toHaveLength(1)
    expect((await read.search('constructor'))[0]?.id).toBe('__proto__')
    expect(await index.search('constructor', { filter: { toString: 'x' } })).toEqual([])
  })

  it('refuses a known id, what is no text, and options out of range', async () => {
    const index = new Bm25Index()
    index.add('a', 'x')
    expect(() => index.add('a', 'y')).toThrow("'a' is in the index already; ids are unique")
    expect(() => index.add('b', 7 as never)).toThrow("add: 'b': expected a text")
    expect(() => index.add('b', 'y', 'm' as never)).toThrow("metadata of 'b': expected an object")
    expect(index.has('b')).toBe(false)
    await expect(index.search('x', { k: 1.5 })).rejects.toThrow('k: 1.5 came')
    await expect(index.search('x', { filter: [] as never })).rejects.toThrow('filter: expected')
    await expect(index.search('x', { filter: { a: {} as never } })).rejects.toThrow("filter: 'a'")
    expect(() => new Bm25Index({ k1: -1 })).toThrow('k1: -1 came')
    expect(() => new Bm25Index({ b: 2 })).toThrow('b: 2 came')
  })
})

describe('filters', () => {
  const index = new Bm25Index()
  index.add('a', 'x', { year: 2020, tags: ['one', 'two'], done: true })
  index.add('b', 'x', { year: 2021, tags: [] })
  index.add('c', 'x')
  const found = async (filter: object): Promise<readonly string[]> =>
    (await index.search('x', { filter: filter as never })).map(({ id }) => id)

  it('ask for values of fields, or are functions', async () => {
    expect(await found({})).toEqual(['a', 'b', 'c'])
    expect(await found({ year: 2020 })).toEqual(['a'])
    expect(await found({ year: [2020, 2021] })).toEqual(['a', 'b'])
    expect(await found({ year: '2020' })).toEqual([])
    expect(await found({ tags: 'two', done: true })).toEqual(['a'])
    expect(await found({ tags: 'two', done: false })).toEqual([])
    expect(await found((_: unknown, id: string) => id !== 'a')).toEqual(['b', 'c'])
    expect(await found(({ year }: { year?: number }) => year === undefined)).toEqual(['c'])
  })
})
