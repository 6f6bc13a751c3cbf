import { Rng } from '@winnow/core'
import { describe, expect, it } from 'vitest'
import { InvertedIndex } from './inverted-index.ts'
import type { Hit } from './search-index.ts'
import type { SparseVector } from './sparse-vector.ts'
import { sparseVector } from './testing/random.ts'

/** Every document that shares a dimension with the query, by the product, ties by id. */
function byHand(documents: ReadonlyMap<string, SparseVector>, query: SparseVector): readonly Hit[] {
  const wanted = new Map(Array.from(query.indices, (d, i) => [d, query.values[i] as number]))
  const hits: Hit[] = []
  for (const [id, { indices, values }] of documents) {
    const shared = Array.from(indices, (d, i) => ({ d, value: values[i] as number })).filter(
      ({ d }) => wanted.has(d),
    )
    if (shared.length === 0) continue
    hits.push({
      id,
      score: shared.reduce((sum, { d, value }) => sum + value * (wanted.get(d) as number), 0),
    })
  }
  return hits.sort((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1))
}

function expectSame(found: readonly Hit[], expected: readonly Hit[]): void {
  expect(found.map(({ id }) => id)).toEqual(expected.map(({ id }) => id))
  for (const [i, { score }] of found.entries())
    expect(score).toBeCloseTo(expected[i]?.score as number, 10)
}

function filled(
  rng: Rng,
  count: number,
  signed = false,
): { index: InvertedIndex; documents: Map<string, SparseVector> } {
  const index = new InvertedIndex()
  const documents = new Map<string, SparseVector>()
  for (let i = 0; i < count; i++) {
    const vector = sparseVector(rng, { signed })
    documents.set(`d${i}`, vector)
    index.add(`d${i}`, vector, { even: i % 2 === 0 })
  }
  return { index, documents }
}

describe('InvertedIndex', () => {
  it('finds what a full comparison finds, whatever k', async () => {
    const rng = new Rng(1)
    const { index, documents } = filled(rng, 500)
    for (let i = 0; i < 60; i++) {
      const query = sparseVector(rng, { count: 1 + (i % 20) })
      // Weights that fall steeply are those where much is skipped.
      const steep = {
        ...query,
        values: Float64Array.from(query.values, (value, at) => value * 0.3 ** at),
      }
      for (const k of [1, 3, 20, 1000]) {
        expectSame(await index.search(steep, { k }), byHand(documents, steep).slice(0, k))
      }
    }
  })

  it('finds it with weights below zero too, where what was found first may be worse in the end', async () => {
    const rng = new Rng(2)
    const { index, documents } = filled(rng, 200, true)
    for (let i = 0; i < 40; i++) {
      const query = sparseVector(rng, { count: 12, signed: true })
      const values = Float64Array.from(query.values, (value, at) => value * 0.6 ** at)
      const steep = { ...query, values }
      expectSame(await index.search(steep, { k: 2 }), byHand(documents, steep).slice(0, 2))
    }
  })

  it('finds the k best of those that a filter accepts', async () => {
    const rng = new Rng(3)
    const { index, documents } = filled(rng, 300)
    for (let i = 0; i < 20; i++) {
      const query = sparseVector(rng, { count: 12 })
      const expected = byHand(documents, query).filter(({ id }) => Number(id.slice(1)) % 2 === 0)
      expectSame(await index.search(query, { k: 5, filter: { even: true } }), expected.slice(0, 5))
    }
  })

  it('forgets what is removed, and remembers what is added again', async () => {
    const rng = new Rng(4)
    const { index, documents } = filled(rng, 4000)
    for (let i = 0; i < 4000; i++) {
      if (i % 5 === 0) continue
      expect(index.remove(`d${i}`)).toBe(true)
      documents.delete(`d${i}`)
    }
    expect(index.remove('d1')).toBe(false)
    expect(index.size).toBe(800)
    const again = sparseVector(rng)
    index.add('d1', again, { even: false })
    documents.set('d1', again)
    for (let i = 0; i < 10; i++) {
      const query = sparseVector(rng)
      expectSame(await index.search(query), byHand(documents, query).slice(0, 10))
    }
    const read = InvertedIndex.deserialise(index.serialise())
    const query = sparseVector(rng)
    expect(await read.search(query)).toEqual(await index.search(query))
    expect(read.has('d2')).toBe(false)
  })

  it('answers an empty index, an empty query and unknown dimensions with nothing', async () => {
    const empty = new InvertedIndex()
    const query = { indices: [1], values: [1] }
    expect(await empty.search(query)).toEqual([])
    expect(await InvertedIndex.deserialise(empty.serialise()).search(query)).toEqual([])
    empty.add('a', { indices: [], values: [] })
    empty.add('b', { indices: [2], values: [0] })
    expect(await empty.search(query)).toEqual([])
    expect(await empty.search({ indices: [], values: [] })).toEqual([])
    expect(await empty.search({ indices: [2], values: [1] })).toEqual([])
  })

  it('refuses what is no vector, a known id and a wrong k, and is as before', async () => {
    const index = new InvertedIndex()
    index.add('a', { indices: [3, 1], values: [1, 2] })
    const refused = (vector: unknown, message: string): void =>
      expect(() => index.add('b', vector as SparseVector)).toThrow(message)
    refused({ indices: [1], values: [] }, '1 indices and 0 values came')
    refused({ indices: [1, 1], values: [1, 1] }, 'the index 1 came twice')
    refused({ indices: [-1], values: [1] }, 'the index -1 came')
    refused({ indices: [2, 0.5], values: [1, 1] }, 'the index 0.5 came')
    refused({ indices: [2, 4], values: [1, Number.NaN] }, 'the value NaN came')
    refused({}, 'undefined indices')
    expect(() => index.add('a', { indices: [], values: [] })).toThrow("'a' is in the index already")
    expect(() => index.add('', { indices: [], values: [] })).toThrow('id: "" came')
    expect(index.size).toBe(1)
    await expect(index.search({ indices: [1], values: [1] }, { k: 0 })).rejects.toThrow('k: 0 came')
    expect(await index.search({ indices: [2], values: [1] })).toEqual([])
  })
})
