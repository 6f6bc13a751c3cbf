/**
 * Exact search among sparse vectors by their product: a list for each dimension, and only the lists of the query are read.
 */

import { accumulate, type WeightedList } from './accumulate.ts'
import { Documents } from './documents.ts'
import { IndexFile, integers, type ReadIndexOptions, writeIndex } from './index-file.ts'
import type { ModelIdentity } from './model-identity.ts'
import { type PostingList, Postings } from './postings.ts'
import {
  type Hit,
  hitsAsked,
  type Metadata,
  type SearchIndex,
  type SearchOptions,
} from './search-index.ts'
import { type SparseVector, sparseEntries } from './sparse-vector.ts'

const KIND = 'InvertedIndex'

/** Options of an {@link InvertedIndex}. */
export interface InvertedIndexOptions {
  /** The model that makes the vectors; kept in the file. */
  readonly model?: ModelIdentity
}

/** An index of sparse vectors. Its hits have at least one dimension in common with the query. */
export class InvertedIndex implements SearchIndex<SparseVector> {
  readonly model: ModelIdentity | undefined
  #documents: Documents = new Documents()
  readonly #postings = new Postings<number>()

  constructor(options: InvertedIndexOptions = {}) {
    this.model = options.model
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

  /** @throws WinnowError when the id is there already, or the vector is none */
  add(id: string, vector: SparseVector, metadata?: Metadata): void {
    // All of it is looked at before anything changes. Weights are kept as float32, in which small ones may vanish.
    const entries = [...sparseEntries(`add: '${id}'`, vector)]
    const row = this.#documents.add(id, metadata)
    for (const [dimension, weight] of entries) {
      this.#postings.push(dimension, row, weight)
    }
  }

  remove(id: string): boolean {
    const row = this.#documents.remove(id)
    if (row === undefined) return false
    this.#postings.remove(row)
    if (this.#documents.sparse) this.#postings.rename(this.#documents.pack())
    return true
  }

  /** @throws WinnowError when the vector is none, or an option is not fit */
  async search(vector: SparseVector, options: SearchOptions = {}): Promise<readonly Hit[]> {
    const k = hitsAsked(options)
    const lists: WeightedList[] = []
    for (const [dimension, weight] of sparseEntries('search: the query', vector)) {
      const list = this.#postings.lists.get(dimension)
      if (list !== undefined) lists.push(weighted(list, weight))
    }
    const documents = this.#documents
    const { rows, isBefore } = documents
    return accumulate(lists, {
      k,
      rows,
      isBefore,
      accepts: documents.accepted(options.filter),
    }).map(({ row, score }) => documents.hit(row, score))
  }

  serialise(): Uint8Array {
    const dimensions = Int32Array.from(this.#postings.lists.keys())
    return writeIndex({
      kind: KIND,
      config: {},
      documents: this.#documents,
      model: this.model,
      tensors: { dimensions: integers(dimensions), ...this.#postings.toTensors() },
    })
  }

  /** @throws WinnowError when it is broken, of another kind or version, or another model's */
  static deserialise(bytes: Uint8Array, options: ReadIndexOptions = {}): InvertedIndex {
    const file = new IndexFile(KIND, bytes, options)
    const index = new InvertedIndex(file.model === undefined ? {} : { model: file.model })
    index.#documents = file.documents()
    const dimensions = file.integers('dimensions', { low: 0, high: 2 ** 31 - 1 })
    index.#postings.fill(file, [...dimensions], (row) => index.#documents.isThere(row))
    return index
  }
}

function weighted(list: PostingList, weight: number): WeightedList {
  const { weights } = list
  const [one, other] = [weight * list.least, weight * list.most]
  return {
    list,
    least: Math.min(one, other),
    most: Math.max(one, other),
    gain: (at) => weight * (weights[at] as number),
  }
}
