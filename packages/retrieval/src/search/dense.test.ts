import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { Rng } from '@winnow/core'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Similarity } from './dense-vector.ts'
import { ExactIndex } from './exact-index.ts'
import { HnswIndex } from './hnsw-index.ts'
import type { Hit } from './search-index.ts'
import { clustered } from './testing/random.ts'

const WIDTH = 10

beforeAll(async () => {
  await tf.setBackend('cpu')
})

function byHand(
  vectors: ReadonlyMap<string, Float32Array>,
  query: Float32Array,
  similarity: Similarity,
): readonly Hit[] {
  const product = (a: Float32Array, b: Float32Array): number =>
    a.reduce((sum, value, i) => sum + value * (b[i] as number), 0)
  const length = (a: Float32Array): number => (similarity === 'dot' ? 1 : Math.sqrt(product(a, a)))
  return [...vectors]
    .map(([id, vector]) => ({ id, score: product(vector, query) / length(vector) / length(query) }))
    .sort((a, b) => b.score - a.score)
}

const ids = (hits: readonly Hit[]): readonly string[] => hits.map(({ id }) => id)

function share(found: readonly Hit[], expected: readonly Hit[]): number {
  const wanted = new Set(ids(expected))
  return ids(found).filter((id) => wanted.has(id)).length / expected.length
}

function named(vectors: readonly Float32Array[]): Map<string, Float32Array> {
  return new Map(vectors.map((vector, i) => [`d${i}`, vector]))
}

function fill(index: ExactIndex | HnswIndex, vectors: ReadonlyMap<string, Float32Array>): void {
  for (const [id, vector] of vectors) index.add(id, vector, { third: Number(id.slice(1)) % 3 })
}

describe('ExactIndex', () => {
  const rng = new Rng(1)
  const vectors = named(Array.from({ length: 230 }, () => rng.normalValues(WIDTH)))
  const queries = Array.from({ length: 70 }, () => rng.normalValues(WIDTH))

  it('finds what a loop finds, over several blocks and many queries at once', async () => {
    for (const similarity of ['dot', 'cosine'] as const) {
      const index = new ExactIndex({ width: WIDTH, similarity, block: 50 })
      fill(index, vectors)
      const all = await index.searchMany(queries, { k: 7 })
      for (const [i, query] of queries.entries()) {
        const expected = byHand(vectors, query, similarity).slice(0, 7)
        expect(ids(all[i] as readonly Hit[])).toEqual(ids(expected))
        for (const [j, { score }] of (all[i] as readonly Hit[]).entries()) {
          expect(score).toBeCloseTo(expected[j]?.score as number, 5)
        }
      }
      expect(await index.search(queries[3] as Float32Array, { k: 7 })).toEqual(all[3])
      expect(await index.search(queries[3] as Float32Array, { k: 999 })).toHaveLength(230)
      index.dispose()
    }
  })

  it('finds the k best of those that a filter accepts, and none removed', async () => {
    const index = new ExactIndex({ width: WIDTH, block: 64 })
    fill(index, vectors)
    const left = new Map(vectors)
    for (let i = 0; i < 230; i += 2) {
      index.remove(`d${i}`)
      left.delete(`d${i}`)
    }
    for (const query of queries.slice(0, 5)) {
      const expected = byHand(left, query, 'dot')
      expect(ids(await index.search(query))).toEqual(ids(expected.slice(0, 10)))
      const third = expected.filter(({ id }) => Number(id.slice(1)) % 3 === 1).slice(0, 10)
      expect(ids(await index.search(query, { filter: { third: 1 } }))).toEqual(ids(third))
    }
    const read = ExactIndex.deserialise(index.serialise())
    expect(ids(await read.search(queries[0] as Float32Array))).toEqual(
      ids(byHand(left, queries[0] as Float32Array, 'dot').slice(0, 10)),
    )
    index.dispose()
    read.dispose()
  })

  it('sees what is added between searches, and keeps tensors for its blocks alone', async () => {
    const before = tf.memory().numTensors
    const index = new ExactIndex({ width: 2, block: 4 })
    for (let i = 0; i < 10; i++) {
      index.add(`d${i}`, [i, 0])
      expect(ids(await index.search([1, 0], { k: 1 }))).toEqual([`d${i}`])
      expect(tf.memory().numTensors - before).toBe(Math.ceil((i + 1) / 4))
    }
    index.dispose()
    expect(tf.memory().numTensors).toBe(before)
    expect(ids(await index.search([-1, 0], { k: 1 }))).toEqual(['d0'])
    index.dispose()
    const small = new ExactIndex({ width: 2, block: 4, memory: 2 * 4 * 2 * 4 })
    for (let i = 0; i < 16; i++) small.add(`d${i}`, [i, 0])
    expect(ids(await small.search([1, 0], { k: 2 }))).toEqual(['d15', 'd14'])
    expect(tf.memory().numTensors - before).toBe(2)
    expect(ids(await small.search([-1, 0], { k: 2 }))).toEqual(['d0', 'd1'])
    expect(tf.memory().numTensors - before).toBe(2)
    small.dispose()
    expect(tf.memory().numTensors).toBe(before)
  })

  it('goes on when rows are packed, or documents go, under a search', async () => {
    const index = new ExactIndex({ width: 1, block: 100 })
    for (let i = 0; i < 3000; i++) index.add(`d${i}`, [i])
    const search = index.search([1], { k: 3 })
    for (let i = 0; i < 2100; i++) index.remove(`d${i}`)
    index.remove('d2999')
    expect(ids(await search)).toEqual(['d2998', 'd2997', 'd2996'])
    expect(index.size).toBe(899)
    expect(ids(await index.search([-1], { k: 2 }))).toEqual(['d2100', 'd2101'])
    index.dispose()
  })

  it('breaks ties by id, and takes a vector of zeros', async () => {
    const index = new ExactIndex({ width: 2, similarity: 'cosine', block: 2 })
    for (const id of ['c', 'a', 'b', 'd']) index.add(id, [2, 0])
    index.add('zero', [0, 0])
    const hits = await index.search([1, 0], { k: 3 })
    expect(ids(hits)).toEqual(['a', 'b', 'c'])
    expect(hits[0]?.score).toBeCloseTo(1, 6)
    expect((await index.search([0, 0]))[0]?.score).toBe(0)
    index.dispose()
  })
})

describe('HnswIndex', () => {
  const rng = new Rng(2)
  const vectors = named(clustered(rng, { count: 2000, width: 24, spread: 0.8 }))
  const queries = clustered(new Rng(2), { count: 30, width: 24, spread: 0.8 }).map((vector) =>
    vector.map((value) => value + 0.1),
  )
  const index = new HnswIndex({ width: 24, similarity: 'cosine', buildBreadth: 60, breadth: 40 })
  fill(index, vectors)
  const recallOf = async (options: object, expected = vectors): Promise<number> => {
    let sum = 0
    for (const query of queries) {
      sum += share(
        await index.search(query, options),
        byHand(expected, query, 'cosine').slice(0, 10),
      )
    }
    return sum / queries.length
  }

  it('finds nearly all, more of it where it looks longer, at the true scores', async () => {
    const narrow = await recallOf({ breadth: 10 })
    const usual = await recallOf({})
    expect(narrow).toBeGreaterThan(0.7)
    expect(narrow).toBeLessThan(usual)
    expect(usual).toBeGreaterThan(0.97)
    expect(await recallOf({ breadth: 300 })).toBeGreaterThan(0.998)
    const query = queries[0] as Float32Array
    const [hit] = await index.search(query)
    expect(hit?.score).toBeCloseTo(byHand(vectors, query, 'cosine')[0]?.score as number, 5)
  })

  it('looks at few vectors', async () => {
    let seen = 0
    const filter = (): boolean => {
      seen++
      return true
    }
    await index.search(queries[0] as Float32Array, { breadth: 10, filter })
    expect(seen).toBeLessThan(400)
  })

  it('finds k of those that a filter accepts', async () => {
    const wanted = new Map([...vectors].filter(([id]) => Number(id.slice(1)) % 3 === 1))
    expect(await recallOf({ filter: { third: 1 } }, wanted)).toBeGreaterThan(0.97)
    const few = (_: unknown, id: string): boolean => ['d5', 'd1234'].includes(id)
    expect(new Set(ids(await index.search(queries[0] as Float32Array, { filter: few })))).toEqual(
      new Set(['d5', 'd1234']),
    )
  })

  it('is the same graph after it was saved, and goes on as the other', async () => {
    const bytes = index.serialise()
    const [read, again] = [HnswIndex.deserialise(bytes), HnswIndex.deserialise(bytes)]
    expect(Buffer.compare(read.serialise(), bytes)).toBe(0)
    for (const query of queries) {
      expect(await read.search(query)).toEqual(await index.search(query))
    }
    const one = clustered(new Rng(9), { count: 60, width: 24 })
    for (const [i, vector] of one.entries()) {
      read.add(`n${i}`, vector)
      again.add(`n${i}`, vector)
    }
    expect(Buffer.compare(read.serialise(), again.serialise())).toBe(0)
    expect(ids(await read.search(one[3] as Float32Array, { k: 1 }))).toEqual(['n3'])
  })

  it('finds none removed, before and after the graph is made anew', async () => {
    const some = HnswIndex.deserialise(index.serialise())
    const left = new Map(vectors)
    for (let i = 0; i < 1600; i++) {
      some.remove(`d${i}`)
      left.delete(`d${i}`)
      if (i !== 700 && i !== 1599) continue
      let sum = 0
      for (const query of queries) {
        const found = await some.search(query)
        expect(found).toHaveLength(10)
        sum += share(found, byHand(left, query, 'cosine').slice(0, 10))
      }
      expect(sum / queries.length).toBeGreaterThan(0.97)
    }
    expect(some.size).toBe(400)
    expect(some.serialise().length).toBeLessThan(index.serialise().length / 2)
    some.add('d0', vectors.get('d0') as Float32Array)
    expect(ids(await some.search(vectors.get('d0') as Float32Array, { k: 1 }))).toEqual(['d0'])
  })

  it('is not cut in parts by many copies of one vector, and finds them all', async () => {
    const copies = new HnswIndex({ width: 2, neighbours: 4, buildBreadth: 20, breadth: 8 })
    for (let i = 0; i < 100; i++) copies.add(`same${i}`, [1, 1])
    copies.add('other', [-1, 0.5])
    for (let i = 100; i < 200; i++) copies.add(`same${i}`, [1, 1])
    for (const some of [copies, HnswIndex.deserialise(copies.serialise())]) {
      expect(ids(await some.search([-1, 0], { k: 1 }))).toEqual(['other'])
      expect(await some.search([1, 0], { k: 300 })).toHaveLength(201)
      some.remove('same7')
      const filter = (_: unknown, id: string): boolean => ['same7', 'same150'].includes(id)
      expect(ids(await some.search([1, 0], { filter }))).toEqual(['same150'])
      some.add('same7', [1, 1])
      expect(ids(await some.search([1, 0], { filter }))).toEqual(['same150', 'same7'])
    }
  })
})

describe.each([
  ['ExactIndex', ExactIndex],
  ['HnswIndex', HnswIndex],
])('%s', (name, Index) => {
  it('answers when empty, and one document', async () => {
    const index = new Index({ width: 2 })
    expect(await index.search([1, 2])).toEqual([])
    const read = Index.deserialise(index.serialise())
    expect(await read.search([1, 2])).toEqual([])
    read.add('a', [1, 0], { x: 1 })
    expect(await read.search([1, 2])).toEqual([{ id: 'a', score: 1, metadata: { x: 1 } }])
    read.remove('a')
    expect(await read.search([1, 2])).toEqual([])
    expect(Index.deserialise(read.serialise()).size).toBe(0)
    if (read instanceof ExactIndex) read.dispose()
  })

  it('refuses what does not fit', async () => {
    expect(() => new Index({ width: 0 })).toThrow(`${name}: width: 0 came`)
    expect(() => new Index({ width: 2, similarity: 'l2' as never })).toThrow("'l2' is not known")
    const index = new Index({ width: 2 })
    index.add('a', [1, 2])
    expect(() => index.add('a', [1, 2])).toThrow("'a' is in the index already")
    expect(() => index.add('b', [1])).toThrow("add: 'b': a vector of 1 values came, expected 2")
    expect(() => index.add('b', [1, Number.NaN])).toThrow('the value NaN came at 1')
    expect(() => index.add('b', [1, 1e300])).toThrow('the value 1e+300 came at 1')
    expect(index.size).toBe(1)
    await expect(index.search([1])).rejects.toThrow('the query: a vector of 1 values')
    await expect(index.search([1, 2], { k: -1 })).rejects.toThrow('k: -1 came')
    if (index instanceof ExactIndex) index.dispose()
  })
})
