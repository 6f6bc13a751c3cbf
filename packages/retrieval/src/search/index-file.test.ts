import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseSafetensors, Rng, WinnowError, writeSafetensors } from '@winnow/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Bm25Index } from './bm25-index.ts'
import { ExactIndex } from './exact-index.ts'
import { HnswIndex } from './hnsw-index.ts'
import { loadIndex, saveIndex } from './index-file.ts'
import { InvertedIndex } from './inverted-index.ts'
import { modelIdentity } from './model-identity.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'winnow-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const model = { name: 'small', hash: 'a'.repeat(64) }

function bm25(): Bm25Index {
  const index = new Bm25Index()
  index.add('a', 'cats and dogs', { n: 1 })
  index.add('b', 'dogs')
  index.add('c', 'birds and cats')
  index.remove('b')
  return index
}

function inverted(): InvertedIndex {
  const index = new InvertedIndex({ model })
  index.add('a', { indices: [3, 7], values: [1, 2] })
  index.add('b', { indices: [3], values: [0.5] })
  return index
}

function hnsw(): HnswIndex {
  const rng = new Rng(1)
  const index = new HnswIndex({ width: 3, neighbours: 2, model })
  for (let i = 0; i < 40; i++) index.add(`d${i}`, rng.normalValues(3))
  return index
}

function exact(): ExactIndex {
  const index = new ExactIndex({ width: 3, similarity: 'cosine', model })
  for (let i = 0; i < 5; i++) index.add(`d${i}`, [i, 1, 2], { i })
  return index
}

interface Values {
  fill(value: number, begin?: number, end?: number): unknown
}

/** A file whose tensors or description were changed. */
function changed(
  bytes: Uint8Array,
  tensors: Record<string, (values: Values) => void>,
  describe: (head: Record<string, unknown>) => object = (head) => head,
): Uint8Array {
  const file = parseSafetensors(bytes)
  for (const [name, change] of Object.entries(tensors))
    change(file.tensors.get(name)?.data as never)
  const head = describe(JSON.parse(file.metadata['winnow.index'] as string))
  return writeSafetensors(file.tensors, { 'winnow.index': JSON.stringify(head) })
}

describe('saveIndex and loadIndex', () => {
  it('keep an index in a file, and in a store of ones own', async () => {
    const path = join(folder, 'some', 'texts.index')
    await saveIndex(bm25(), path)
    expect(readdirSync(join(folder, 'some'))).toEqual(['texts.index'])
    const read = await loadIndex(Bm25Index, path)
    expect(await read.search('cat dog')).toEqual(await bm25().search('cat dog'))
    let kept: Uint8Array | undefined
    const store = {
      read: async () => kept,
      write: async (bytes: Uint8Array) => {
        kept = bytes
      },
    }
    await expect(loadIndex(InvertedIndex, store)).rejects.toThrow('index: nothing was saved there')
    await saveIndex(inverted(), store)
    const again = await loadIndex(InvertedIndex, store, { model })
    expect(again.model).toEqual(model)
    expect(await again.search({ indices: [3], values: [1] })).toHaveLength(2)
  })

  it('leave the old index answering where a new one was half written', async () => {
    const path = join(folder, 'half.index')
    await saveIndex(bm25(), path)
    // What a process leaves that was killed while it wrote: a part beside the file.
    const bytes = exact().serialise()
    writeFileSync(
      `${path}.999999999-00000000-0000-0000-0000-000000000000.part`,
      bytes.subarray(0, 50),
    )
    expect((await loadIndex(Bm25Index, path)).size).toBe(2)
    const failing = {
      serialise: (): Uint8Array => {
        throw new Error('out of memory')
      },
    }
    await expect(saveIndex(failing, path)).rejects.toThrow('out of memory')
    expect(await (await loadIndex(Bm25Index, path)).search('bird')).toHaveLength(1)
    await saveIndex(bm25(), path)
    expect(readdirSync(folder).filter((name) => name.startsWith('half'))).toEqual(['half.index'])
  })

  it('refuse a missing file, another kind and a newer version', async () => {
    const path = join(folder, 'kinds.index')
    await expect(loadIndex(Bm25Index, path)).rejects.toThrow('kinds.index: cannot be read')
    await saveIndex(bm25(), path)
    await expect(loadIndex(ExactIndex, path)).rejects.toThrow(
      "kinds.index: holds an index of kind 'Bm25Index', not 'ExactIndex'",
    )
    const newer = changed(bm25().serialise(), {}, (head) => ({ ...head, version: 2 }))
    expect(() => Bm25Index.deserialise(newer)).toThrow('version 2, this Winnow reads version 1')
    const other = writeSafetensors([], { format: 'pt' })
    expect(() => Bm25Index.deserialise(other, { name: 'f' })).toThrow('f: not an index of Winnow')
  })

  it('refuse an index of another model, with both names', async () => {
    const other = { name: 'large', hash: 'b'.repeat(64) }
    for (const [Index, index] of [
      [InvertedIndex, inverted()],
      [ExactIndex, exact()],
      [HnswIndex, hnsw()],
    ] as const) {
      const bytes = index.serialise()
      expect(Index.deserialise(bytes, { model }).model).toEqual(model)
      expect(Index.deserialise(bytes).model).toEqual(model)
      expect(() => Index.deserialise(bytes, { name: 'f', model: other })).toThrow(
        "f: its vectors were made by the model 'small' (aaaaaaaaaaaa), but the model 'large' (bbbbbbbbbbbb) is in use",
      )
      expect(() => Index.deserialise(bytes, { model: { ...model, hash: 'b'.repeat(64) } })).toThrow(
        "but the model 'small' (bbbbbbbbbbbb)",
      )
    }
    const unnamed = new ExactIndex({ width: 2 }).serialise()
    expect(() => ExactIndex.deserialise(unnamed, { model })).toThrow(
      'a model that it does not name',
    )
  })

  it('make the identity of a model from its bytes', async () => {
    const bytes = new TextEncoder().encode('abc')
    const { name, hash } = await modelIdentity('m', bytes)
    expect(name).toBe('m')
    expect(hash).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
  })
})

describe('a broken index', () => {
  const refused = (read: () => unknown, message: string): void => {
    expect(read).toThrow(WinnowError)
    expect(read).toThrow(message)
  }

  it('is refused wherever it is cut off', () => {
    for (const [Index, index] of [
      [Bm25Index, bm25()],
      [InvertedIndex, inverted()],
      [ExactIndex, exact()],
      [HnswIndex, hnsw()],
    ] as const) {
      const bytes = index.serialise()
      for (let length = 0; length < bytes.length; length += 13) {
        expect(() => Index.deserialise(bytes.subarray(0, length))).toThrow(WinnowError)
      }
    }
  })

  it('is refused where its lists say what cannot be', () => {
    const bytes = bm25().serialise()
    refused(
      () => Bm25Index.deserialise(changed(bytes, { rows: (rows) => rows.fill(1) })),
      'which is not there or came before',
    )
    refused(
      () => Bm25Index.deserialise(changed(bytes, { weights: (values) => values.fill(-1) })),
      'a term that comes 0 times or fewer',
    )
    refused(
      () => Bm25Index.deserialise(changed(bytes, { weights: (values) => values.fill(Number.NaN) })),
      "'weights' holds NaN",
    )
    refused(
      () => Bm25Index.deserialise(changed(bytes, { lengths: (values) => values.fill(9) })),
      "'rows' has",
    )
    refused(
      () => Bm25Index.deserialise(changed(bytes, { documents: (values) => values.fill(65, 0, 4) })),
      'documents, line 1: not an id',
    )
    refused(
      () => Bm25Index.deserialise(changed(bytes, { sizes: (values) => values.fill(-5) })),
      "'sizes' holds -5",
    )
    const broken = (config: unknown): Uint8Array =>
      changed(bytes, {}, (head) => ({ ...head, config }))
    refused(() => Bm25Index.deserialise(broken({ analyzer: null })), 'configuration is broken')
    refused(() => Bm25Index.deserialise(broken({ k1: 'x' })), 'k1: x came')
    refused(() => Bm25Index.deserialise(broken(null)), 'description is broken')
  })

  it('is refused where its graph would lead astray', () => {
    const bytes = hnsw().serialise()
    refused(
      () =>
        HnswIndex.deserialise(
          changed(bytes, { base: (values) => values.fill(39, 1, 2) && values.fill(200, 0, 1) }),
        ),
      'expected 0 to 39',
    )
    refused(
      () => HnswIndex.deserialise(changed(bytes, { base: (values) => values.fill(30, 0, 1) })),
      'row 0 has 30 neighbours',
    )
    refused(
      () => HnswIndex.deserialise(changed(bytes, { levels: (values) => values.fill(0) })),
      "'upper' has",
    )
    refused(
      () => HnswIndex.deserialise(changed(bytes, { upper: (values) => values.fill(1) })),
      'on level',
    )
    const lowest = hnswLowest(bytes)
    refused(
      () => HnswIndex.deserialise(changed(bytes, { entry: (values) => values.fill(lowest) })),
      'is not on the highest level',
    )
  })

  it('gives an error of ours or an index that answers, whatever bytes are changed', async () => {
    const rng = new Rng(3)
    const files = [
      [Bm25Index, bm25().serialise()],
      [InvertedIndex, inverted().serialise()],
      [HnswIndex, hnsw().serialise()],
    ] as const
    for (let i = 0; i < 1500; i++) {
      const [Index, bytes] = files[i % 3] as (typeof files)[number]
      const broken = Uint8Array.from(bytes)
      for (let change = 0; change < 2; change++) {
        broken[Math.floor(rng.number() * broken.length)] = Math.floor(rng.number() * 256)
      }
      try {
        const index = Index.deserialise(broken)
        const query = {
          Bm25Index: 'cats',
          InvertedIndex: { indices: [3], values: [1] },
          HnswIndex: [1, 2, 3],
        }
        await index.search(query[Index.name as 'Bm25Index'] as never, { k: 3 })
      } catch (error) {
        if (!(error instanceof WinnowError)) throw error
      }
    }
  })
})

function hnswLowest(bytes: Uint8Array): number {
  return Array.from(parseSafetensors(bytes).tensors.get('levels')?.data as Uint8Array).indexOf(0)
}

describe('files', () => {
  it('are the same for the same index', async () => {
    const path = join(folder, 'same.index')
    await saveIndex(hnsw(), path)
    expect(Buffer.compare(readFileSync(path), hnsw().serialise())).toBe(0)
  })
})
