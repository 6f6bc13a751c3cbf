import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { beforeAll, describe, expect, it } from 'vitest'
import { Bm25Index } from './bm25-index.ts'
import { ExactIndex } from './exact-index.ts'
import { fuse } from './fuse.ts'
import { HnswIndex } from './hnsw-index.ts'
import { type Embedder, HybridSearch } from './hybrid-search.ts'
import { indexKind } from './index-file.ts'

beforeAll(async () => {
  await tf.setBackend('cpu')
})

/** Knows three meanings, whatever the words. */
function embedder(name = 'meanings'): Embedder & { calls: (readonly string[])[] } {
  const meanings = [/cat|feline|kitten/i, /dog|hound|puppy/i, /car|engine|wheel/i]
  const calls: (readonly string[])[] = []
  return {
    model: { name, hash: 'h' },
    width: 3,
    calls,
    embed: async (texts) => {
      calls.push(texts)
      return texts.map((text) =>
        Float32Array.from(meanings, (words) => (words.test(text) ? 1 : 0.1)),
      )
    },
  }
}

const documents = [
  { id: 'felines', text: 'the feline sleeps', metadata: { kind: 'animal' } },
  { id: 'hounds', text: 'a hound barks', metadata: { kind: 'animal' } },
  { id: 'cars', text: 'the engine of a car', metadata: { kind: 'machine' } },
  { id: 'name', text: 'Cat is a maker of engines', metadata: { kind: 'machine' } },
]

describe('fuse', () => {
  const list = (...ids: readonly string[]): { id: string; score: number }[] =>
    ids.map((id, i) => ({ id, score: 100 - i }))

  it('adds 1 / (k + rank) over the lists', () => {
    const fused = fuse([list('a', 'b', 'c'), list('c', 'd')])
    expect(fused.map(({ id }) => id)).toEqual(['c', 'a', 'b', 'd'])
    expect(fused[0]?.score).toBeCloseTo(1 / 63 + 1 / 61, 15)
    expect(fused[1]?.score).toBeCloseTo(1 / 61, 15)
    expect(fused[2]?.score).toBe(fused[3]?.score)
    expect(fuse([list('a', 'b'), list('b')], { k: 1 })[0]).toEqual({
      id: 'b',
      score: 1 / 3 + 1 / 2,
    })
  })

  it('weighs lists, and ends where it is told to', () => {
    const fused = fuse([list('a', 'b'), list('b', 'a')], { weights: [1, 3], limit: 1 })
    expect(fused.map(({ id }) => id)).toEqual(['b'])
    expect(fuse([])).toEqual([])
    expect(() => fuse([list('a')], { weights: [] })).toThrow('expected 1 numbers')
    expect(() => fuse([list('a')], { k: 0 })).toThrow('k: 0 came')
    expect(() => fuse([list('a', 'a')])).toThrow("list 0: 'a' came twice")
  })
})

describe('HybridSearch', () => {
  it('finds by words and by meaning, best what both find', async () => {
    const search = new HybridSearch({ embedder: embedder() })
    await search.add(documents)
    const hits = await search.search('cat')
    expect(hits[0]?.id).toBe('name')
    expect(hits.map(({ id }) => id).slice(0, 2)).toContain('felines')
    expect(hits[0]?.metadata).toEqual({ kind: 'machine' })
    const kittens = await search.search('kitten', { k: 2 })
    expect(new Set(kittens.map(({ id }) => id))).toEqual(new Set(['felines', 'name']))
    search.dense instanceof ExactIndex && search.dense.dispose()
  })

  it('keeps to filters in both indexes, and forgets what is removed', async () => {
    const dense = new HnswIndex({ width: 3, model: embedder().model })
    const search = new HybridSearch({ embedder: embedder(), dense })
    await search.add(documents)
    const animals = await search.search('cat', { filter: { kind: 'animal' } })
    expect(animals.map(({ id }) => id)).toEqual(['felines', 'hounds'])
    expect(search.remove('felines')).toBe(true)
    expect(search.remove('felines')).toBe(false)
    expect((await search.search('feline')).map(({ id }) => id)).not.toContain('felines')
    expect([search.size, search.dense.size]).toEqual([3, 3])
  })

  it('lets what the model finds count as much as the model says', async () => {
    const search = new HybridSearch({ embedder: { ...embedder(), weight: 0 } })
    await search.add(documents)
    const hits = await search.search('cat')
    expect(hits[0]).toMatchObject({ id: 'name', score: 1 / 61 })
    expect(hits.slice(1).every(({ score }) => score === 0)).toBe(true)
  })

  it('answers with nothing where there is nothing', async () => {
    const search = new HybridSearch({ embedder: embedder() })
    expect(await search.search('cat')).toEqual([])
    await search.add(documents)
    expect(await search.search('')).toEqual([])
    expect(await search.search(' \n')).toEqual([])
    await search.add([])
    search.dense instanceof ExactIndex && search.dense.dispose()
  })

  it('embeds some texts at a time, and stops when it is told to', async () => {
    const model = embedder()
    const search = new HybridSearch({
      embedder: model,
      dense: new HnswIndex({ width: 3, model: model.model }),
    })
    const many = Array.from({ length: 150 }, (_, i) => ({ id: `d${i}`, text: 'cat' }))
    const told: number[] = []
    const controller = new AbortController()
    const onProgress = (done: number): void => {
      told.push(done)
      if (done > 100) controller.abort()
    }
    await expect(search.add(many, { onProgress, signal: controller.signal })).rejects.toThrow(
      'aborted',
    )
    expect(told).toEqual([64, 128])
    expect(model.calls.map(({ length }) => length)).toEqual([64, 64])
    expect([search.size, search.dense.size]).toEqual([128, 128])
  })

  it('has each document in both indexes or in none', async () => {
    const model = embedder()
    const search = new HybridSearch({ embedder: model })
    await search.add(documents.slice(0, 1))
    await expect(search.add(documents)).rejects.toThrow("'felines' is in the index already")
    const broken = { ...model, embed: async () => [[1, 2]] }
    const other = new HybridSearch({ embedder: broken })
    await expect(other.add(documents.slice(0, 1))).rejects.toThrow('a vector of 2 values came')
    expect([other.size, other.dense.size]).toEqual([0, 0])
    await expect(other.add(documents)).rejects.toThrow('1 vectors came for 4 texts')
  })

  it('comes back from its bytes for the same model, and for no other', async () => {
    for (const dense of [
      new ExactIndex({ width: 3, model: embedder().model }),
      new HnswIndex({ width: 3, model: embedder().model }),
    ]) {
      const search = new HybridSearch({ embedder: embedder(), dense })
      await search.add(documents)
      const bytes = search.serialise()
      const read = HybridSearch.deserialise(bytes, embedder(), { name: 'f' })
      expect(await read.search('puppy')).toEqual(await search.search('puppy'))
      expect(indexKind(bytes)).toBe('HybridSearch')
      const words = HybridSearch.lexicalOf(bytes)
      expect(await words.search('engine')).toEqual(await search.lexical.search('engine'))
      expect(() => HybridSearch.deserialise(bytes, embedder('others'), { name: 'f' })).toThrow(
        "f: its vectors were made by the model 'meanings' (h), but the model 'others' (h) is in use",
      )
      expect(() => Bm25Index.deserialise(bytes)).toThrow("kind 'HybridSearch', not 'Bm25Index'")
      for (const one of [search, read]) one.dense instanceof ExactIndex && one.dense.dispose()
    }
  })

  it('refuses indexes that do not belong together', () => {
    const lexical = new Bm25Index()
    lexical.add('a', 'x')
    expect(() => new HybridSearch({ embedder: embedder(), lexical })).toThrow(
      '1 texts and 0 vectors',
    )
    const wide = new ExactIndex({ width: 4, model: embedder().model })
    expect(() => new HybridSearch({ embedder: embedder(), dense: wide })).toThrow(
      'vectors of 4 values',
    )
    const unnamed = new ExactIndex({ width: 3 })
    expect(() => new HybridSearch({ embedder: embedder(), dense: unnamed })).toThrow(
      "a model that it does not name, but the model 'meanings' (h) is in use",
    )
  })
})
