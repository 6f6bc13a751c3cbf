/**
 * Hostile files for the readers of indexes, and for those of corpora, judgements and runs.
 */
import { getHeapStatistics } from 'node:v8'
import { Rng } from '@winnow/core'
import { type FuzzResult, fuzzReader } from '@winnow/core/testing'
import { formatTextRecords, parseTextRecords } from '../../formats/beir.ts'
import { formatQrels, parseQrels } from '../../formats/qrels.ts'
import { formatRun, parseRun } from '../../formats/trec-run.ts'
import { Bm25Index } from '../bm25-index.ts'
import { ExactIndex } from '../exact-index.ts'
import { HnswIndex } from '../hnsw-index.ts'
import { InvertedIndex } from '../inverted-index.ts'

/** A file, and what reads it: an index is searched as well, for what it holds may lead astray. */
interface Reader {
  readonly file: Uint8Array
  read(bytes: Uint8Array): unknown
}

const model = { name: 'small', hash: 'a'.repeat(64) }
const text = (content: string): Uint8Array => new TextEncoder().encode(content)
const ranked = new Map([
  [
    'q1',
    [
      { id: 'a', score: 1 },
      { id: 'b', score: 0.5 },
    ],
  ],
])
const judged = new Map([
  [
    'q1',
    new Map([
      ['a', 1],
      ['b', 0],
    ]),
  ],
])

function bm25(): Bm25Index {
  const index = new Bm25Index()
  for (const [id, words] of Object.entries({ a: 'cats and dogs', b: 'dogs', c: 'birds' })) {
    index.add(id, words, { long: words.length > 5 })
  }
  return index
}

function inverted(): InvertedIndex {
  const index = new InvertedIndex({ model })
  index.add('a', { indices: [3, 7], values: [1, 2] })
  index.add('b', { indices: [3], values: [0.5] })
  return index
}

function dense<Index extends ExactIndex | HnswIndex>(index: Index): Index {
  const rng = new Rng(1)
  for (let i = 0; i < 12; i++) index.add(`d${i}`, rng.normalValues(3))
  return index
}

const readers: Readonly<Record<string, () => Reader>> = {
  Bm25Index: () => ({
    file: bm25().serialise(),
    read: (bytes) => Bm25Index.deserialise(bytes).search('cats or birds'),
  }),
  InvertedIndex: () => ({
    file: inverted().serialise(),
    read: (bytes) => InvertedIndex.deserialise(bytes).search({ indices: [3], values: [1] }),
  }),
  ExactIndex: () => ({
    file: dense(new ExactIndex({ width: 3, model })).serialise(),
    read: (bytes) => ExactIndex.deserialise(bytes).search([1, 2, 3]),
  }),
  HnswIndex: () => ({
    file: dense(new HnswIndex({ width: 3, neighbours: 2, model })).serialise(),
    read: (bytes) => HnswIndex.deserialise(bytes).search([1, 2, 3]),
  }),
  corpus: () => ({
    file: text(
      formatTextRecords([
        { id: 'a', title: 'T', text: 'words' },
        { id: 'b', text: 'x' },
      ]),
    ),
    read: (bytes) => parseTextRecords(bytes),
  }),
  judgements: () => ({
    file: text(formatQrels(judged, { format: 'beir' })),
    read: (bytes) => parseQrels(bytes),
  }),
  run: () => ({ file: text(formatRun(ranked)), read: (bytes) => parseRun(bytes) }),
}

/** What {@link fuzzSearchFile} knows. */
export const searchFiles: readonly string[] = Object.keys(readers)

/** Reads spoiled files, which must be read (and searched) or refused in words. */
export function fuzzSearchFile(kind: string, cases: number, seed: number): Promise<FuzzResult> {
  const { file, read } = (readers[kind] as () => Reader)()
  const memory = (): number => getHeapStatistics().external_memory
  const allowed = (bytes: number): number => 64 * bytes + 2 ** 20
  return fuzzReader({ files: [file], read, cases, seed, memory, allowed })
}
