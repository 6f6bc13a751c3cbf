/**
 * BM25 (Robertson and Walker, 1994) as Lucene computes it since version 8:
 *
 *     score(d) = sum over the query's terms of ln(1 + (N - n + 0.5) / (n + 0.5)) * f / (f + k1 (1 - b + b |d| / mean))
 *
 * with f the times that d has the term, n the documents that have it, N all documents and |d| the terms of d. The usual
 * factor k1 + 1 is left out, which changes no order.
 */
import { check } from '@winnow/core'
import { accumulate, type WeightedList } from './accumulate.ts'
import { Analyzer, type AnalyzerConfig } from './analyzer.ts'
import { Documents } from './documents.ts'
import {
  bytesTensor,
  IndexFile,
  integers,
  type ReadIndexOptions,
  writeIndex,
} from './index-file.ts'
import { type PostingList, Postings } from './postings.ts'
import {
  acceptance,
  type Filter,
  type Hit,
  hitsAsked,
  type Metadata,
  type SearchIndex,
  type SearchOptions,
} from './search-index.ts'

const KIND = 'Bm25Index'

/** Options of a {@link Bm25Index}, as plain JSON. */
export interface Bm25Config {
  /** How soon a repeated term counts no more; >= 0, 1.2 by default. */
  readonly k1?: number
  /** How much long documents are held back; 0 to 1, 0.75 by default. */
  readonly b?: number
  /** How texts become terms. */
  readonly analyzer?: AnalyzerConfig
}

/** An index of texts by their words. No model is needed. */
export class Bm25Index implements SearchIndex<string> {
  readonly config: { readonly k1: number; readonly b: number; readonly analyzer: AnalyzerConfig }
  /** What makes terms of texts and queries; `highlight` takes it too. */
  readonly analyzer: Analyzer
  #documents: Documents = new Documents()
  readonly #postings = new Postings<string>()
  /** Terms of each row; 0 where it is empty. */
  #lengths: Int32Array = new Int32Array(16)
  #terms = 0

  /** @throws WinnowError when an option is out of range */
  constructor(config: Bm25Config = {}) {
    const { k1 = 1.2, b = 0.75, analyzer = {} } = config
    check(Number.isFinite(k1) && k1 >= 0, () => `Bm25Index: k1: ${k1} came, expected a number >= 0`)
    check(b >= 0 && b <= 1, () => `Bm25Index: b: ${b} came, expected a number from 0 to 1`)
    this.analyzer = new Analyzer(analyzer)
    this.config = { k1, b, analyzer: this.analyzer.config }
  }

  get size(): number {
    return this.#documents.size
  }

  /** Whether the document is there. */
  has(id: string): boolean {
    return this.#documents.has(id)
  }

  metadata(id: string): Metadata | undefined {
    return this.#documents.metadata(id)
  }

  /** @throws WinnowError when the id is there already, or the text is none */
  add(id: string, text: string, metadata?: Metadata): void {
    check(typeof text === 'string', () => `add: '${id}': expected a text`)
    const terms = this.analyzer.terms(text)
    const row = this.#documents.add(id, metadata)
    if (row >= this.#lengths.length) {
      const lengths = new Int32Array(2 * this.#lengths.length)
      lengths.set(this.#lengths)
      this.#lengths = lengths
    }
    this.#lengths[row] = terms.length
    this.#terms += terms.length
    for (const [term, times] of counted(terms)) this.#postings.push(term, row, times)
  }

  remove(id: string): boolean {
    const row = this.#documents.remove(id)
    if (row === undefined) return false
    this.#terms -= this.#lengths[row] as number
    this.#lengths[row] = 0
    this.#postings.remove(row)
    if (this.#documents.sparse) this.#pack()
    return true
  }

  /**
   * The texts that have a word of the query; none for a query without words. A word that the query repeats counts as often.
   *
   * @throws WinnowError when the query is no text, or an option is not fit
   */
  async search(query: string, options: SearchOptions = {}): Promise<readonly Hit[]> {
    const k = hitsAsked(options)
    check(typeof query === 'string', () => 'search: the query: expected a text')
    const documents = this.#documents
    const accepts = documents.accepted(options.filter)
    const { k1, b } = this.config
    const mean = this.#terms / documents.size
    const base = k1 * (1 - b)
    const slope = mean > 0 ? (k1 * b) / mean : 0
    const lists: WeightedList[] = []
    for (const [term, times] of counted(this.analyzer.terms(query))) {
      const list = this.#postings.lists.get(term)
      if (list === undefined) continue
      const { count } = list
      const rarity = Math.log1p((documents.size - count + 0.5) / (count + 0.5))
      lists.push(this.#weighted(list, times * rarity, base, slope))
    }
    const { rows, isBefore } = documents
    return accumulate(lists, { k, rows, accepts, isBefore }).map(({ row, score }) =>
      documents.hit(row, score),
    )
  }

  #weighted(list: PostingList, factor: number, base: number, slope: number): WeightedList {
    const { rows, weights } = list
    const lengths = this.#lengths
    return {
      list,
      least: 0,
      most: factor * (list.most / (list.most + base)),
      gain: (at) => {
        const times = weights[at] as number
        const length = lengths[rows[at] as number] as number
        return (factor * times) / (times + base + slope * length)
      },
    }
  }

  #pack(): void {
    const renamed = this.#documents.pack()
    const lengths = new Int32Array(Math.max(16, this.#documents.rows))
    for (const [row, next] of renamed.entries()) {
      if (next >= 0) lengths[next] = this.#lengths[row] as number
    }
    this.#lengths = lengths
    this.#postings.rename(renamed)
  }

  /** Whether a filter accepts a document. @throws WinnowError when the filter is none */
  acceptance(filter: Filter): (id: string) => boolean {
    const accepts = acceptance(filter)
    return (id) => this.has(id) && accepts(this.metadata(id) ?? {}, id)
  }

  serialise(): Uint8Array {
    const { rows } = this.#documents
    const terms = [...this.#postings.lists.keys()].join('\n')
    return writeIndex({
      kind: KIND,
      config: this.config,
      documents: this.#documents,
      tensors: {
        terms: bytesTensor(new TextEncoder().encode(terms)),
        sizes: integers(this.#lengths.subarray(0, rows)),
        ...this.#postings.toTensors(),
      },
    })
  }

  /** @throws WinnowError when it is broken, or of another kind or version */
  static deserialise(bytes: Uint8Array, options: ReadIndexOptions = {}): Bm25Index {
    const { name } = options
    const file = new IndexFile(KIND, bytes, name === undefined ? {} : { name })
    const index = file.build((config: Bm25Config) => new Bm25Index(config))
    const documents = file.documents()
    index.#documents = documents
    const most = 2 ** 31 - 1
    const lengths = file.integers('sizes', { length: documents.rows, low: 0, high: most })
    index.#lengths = lengths.length < 16 ? Int32Array.from({ ...lengths, length: 16 }) : lengths
    index.#terms = lengths.reduce((sum, length) => sum + length, 0)
    const text = new TextDecoder().decode(file.bytes('terms'))
    index.#postings.fill(file, text === '' ? [] : text.split('\n'), (row) => documents.isThere(row))
    for (const { least } of index.#postings.lists.values()) {
      if (!(least > 0)) throw file.error("'weights' holds a term that comes 0 times or fewer")
    }
    return index
  }
}

function counted(terms: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const term of terms) counts.set(term, (counts.get(term) ?? 0) + 1)
  return counts
}
