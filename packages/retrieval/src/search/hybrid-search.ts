/**
 * Search by words and by meaning at once: BM25 finds what says the same words, a dense index what means the same, and
 * reciprocal-rank fusion makes one list of both.
 */
import { check } from '@winnow/core'
import { Bm25Index } from './bm25-index.ts'
import { ExactIndex } from './exact-index.ts'
import { fuse } from './fuse.ts'
import { HnswIndex } from './hnsw-index.ts'
import { bytesTensor, IndexFile, type ReadIndexOptions, writeIndex } from './index-file.ts'
import { checkSameModel, type ModelIdentity } from './model-identity.ts'
import { type Hit, hitsAsked, type Metadata, type SearchOptions } from './search-index.ts'

const KIND = 'HybridSearch'
/** Texts that are embedded at once. */
const MOST_TEXTS = 64

/** What makes vectors of texts: a retrieval model, wherever it comes from. */
export interface Embedder {
  readonly model: ModelIdentity
  /** Values of a vector. */
  readonly width: number
  /** How much what it finds counts in a fusion where what BM25 finds counts 1; 1 by default. */
  readonly weight?: number
  /** A vector for each text, in their order; texts longer than the model takes are cut by it. */
  embed(texts: readonly string[], kind: 'query' | 'passage'): Promise<readonly ArrayLike<number>[]>
}

/** A text to be found. */
export interface SearchDocument {
  readonly id: string
  readonly text: string
  readonly metadata?: Metadata
}

/** Options of a {@link HybridSearch}. */
export interface HybridSearchOptions {
  readonly embedder: Embedder
  /** Empty ones by default: BM25, and an exact index of the embedder's width by cosine. */
  readonly lexical?: Bm25Index
  readonly dense?: ExactIndex | HnswIndex
  /** How many hits of each index are fused; at least `k` are. 100 by default. */
  readonly depth?: number
}

/** Options of adding many texts. */
export interface AddOptions {
  /** Called after every few texts. */
  readonly onProgress?: (done: number, all: number) => void
  readonly signal?: AbortSignal
}

/** Both indexes over the same documents. Metadata are kept once, with the words. */
export class HybridSearch {
  readonly lexical: Bm25Index
  readonly dense: ExactIndex | HnswIndex
  readonly #embedder: Embedder
  readonly #depth: number

  /** @throws WinnowError when the vectors are of another width or model, or the indexes have other documents */
  constructor(options: HybridSearchOptions) {
    const { embedder, depth = 100 } = options
    const { model, width } = embedder
    const { lexical = new Bm25Index() } = options
    const { dense = new ExactIndex({ width, similarity: 'cosine', model }) } = options
    check(
      Number.isSafeInteger(depth) && depth >= 1,
      () => `HybridSearch: depth: ${depth} came, expected a whole number >= 1`,
    )
    checkSameModel('HybridSearch: dense', dense.model, model)
    check(
      dense.config.width === width,
      () =>
        `HybridSearch: dense: vectors of ${dense.config.width} values, the model's have ${width}`,
    )
    check(
      lexical.size === dense.size,
      () => `HybridSearch: ${lexical.size} texts and ${dense.size} vectors came, expected as many`,
    )
    this.lexical = lexical
    this.dense = dense
    this.#embedder = embedder
    this.#depth = depth
  }

  get size(): number {
    return this.lexical.size
  }

  /** Whether the document is there. */
  has(id: string): boolean {
    return this.lexical.has(id)
  }

  /** What was added with the document. */
  metadata(id: string): Metadata | undefined {
    return this.lexical.metadata(id)
  }

  /**
   * Adds texts, some at a time; where it throws, those before are in both indexes, the others in none.
   *
   * @throws WinnowError when an id is there already, or what it adds is not fit; the signal's reason when it is aborted
   */
  async add(documents: readonly SearchDocument[], options: AddOptions = {}): Promise<void> {
    for (let begin = 0; begin < documents.length; begin += MOST_TEXTS) {
      options.signal?.throwIfAborted()
      const some = documents.slice(begin, begin + MOST_TEXTS)
      const vectors = await this.#embed(some.map(({ text }) => text))
      for (const [i, { id, text, metadata }] of some.entries()) {
        this.lexical.add(id, text, metadata)
        try {
          this.dense.add(id, vectors[i] as ArrayLike<number>)
        } catch (error) {
          this.lexical.remove(id)
          throw error
        }
      }
      options.onProgress?.(begin + some.length, documents.length)
    }
  }

  /** Whether it was there. */
  remove(id: string): boolean {
    this.dense.remove(id)
    return this.lexical.remove(id)
  }

  /**
   * The best of both lists; scores are those of the fusion. A query without words or letters finds nothing.
   *
   * @throws WinnowError when the query is no text, or an option is not fit
   */
  async search(query: string, options: SearchOptions = {}): Promise<readonly Hit[]> {
    const k = hitsAsked(options)
    const { filter } = options
    const depth = Math.max(k, this.#depth)
    const words = await this.lexical.search(query, { ...options, k: depth })
    if (query.trim() === '' || this.size === 0) return []
    const [vector] = await this.#embed([query], 'query')
    const accepts = filter === undefined ? undefined : this.lexical.acceptance(filter)
    const meanings = await this.dense.search(vector as ArrayLike<number>, {
      k: depth,
      ...(accepts === undefined ? {} : { filter: (_, id) => accepts(id) }),
    })
    const weights = [1, this.#embedder.weight ?? 1]
    return fuse([words, meanings], { limit: k, weights }).map(({ id, score }) => {
      const metadata = this.lexical.metadata(id)
      return { id, score, ...(metadata === undefined ? {} : { metadata }) }
    })
  }

  /** Both indexes in one file. */
  serialise(): Uint8Array {
    return writeIndex({
      kind: KIND,
      config: { dense: this.dense instanceof HnswIndex ? 'HnswIndex' : 'ExactIndex' },
      model: this.dense.model,
      tensors: {
        lexical: bytesTensor(this.lexical.serialise()),
        dense: bytesTensor(this.dense.serialise()),
      },
    })
  }

  /**
   * Reads both indexes, for the model that made the vectors.
   *
   * @throws WinnowError when they are broken, of another kind or version, or another model's
   */
  static deserialise(
    bytes: Uint8Array,
    embedder: Embedder,
    options: Pick<ReadIndexOptions, 'name'> = {},
  ): HybridSearch {
    const { model } = embedder
    const { name = 'index' } = options
    const file = new IndexFile(KIND, bytes, { name, model })
    const { dense: kind } = file.config
    if (kind !== 'HnswIndex' && kind !== 'ExactIndex') throw file.error(`dense is a '${kind}'`)
    const Dense = kind === 'HnswIndex' ? HnswIndex : ExactIndex
    const lexical = Bm25Index.deserialise(file.bytes('lexical'), { name: `${name}: lexical` })
    const dense = Dense.deserialise(file.bytes('dense'), { name: `${name}: dense`, model })
    return new HybridSearch({ embedder, lexical, dense })
  }

  /**
   * The index of words alone, for where the model is not at hand.
   *
   * @throws WinnowError when it is broken, or of another kind or version
   */
  static lexicalOf(bytes: Uint8Array, options: Pick<ReadIndexOptions, 'name'> = {}): Bm25Index {
    const { name = 'index' } = options
    const file = new IndexFile(KIND, bytes, { name })
    return Bm25Index.deserialise(file.bytes('lexical'), { name: `${name}: lexical` })
  }

  async #embed(
    texts: readonly string[],
    kind: 'query' | 'passage' = 'passage',
  ): Promise<readonly ArrayLike<number>[]> {
    const vectors = await this.#embedder.embed(texts, kind)
    check(
      vectors.length === texts.length,
      () => `embed: ${vectors.length} vectors came for ${texts.length} texts`,
    )
    return vectors
  }
}
