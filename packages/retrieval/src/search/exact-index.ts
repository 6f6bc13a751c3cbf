/**
 * Exact search among dense vectors: products with blocks of them on the tensor backend, and the best rows of each block
 * merged. Only a block's scores are in memory at a time, and as many blocks stay on the device as `memory` allows.
 */

import type { Tensor2D } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import { check } from '@winnow/core'
import { checkVectors, type VectorConfig, vectorOf } from './dense-vector.ts'
import { Documents } from './documents.ts'
import { floats, IndexFile, type ReadIndexOptions, writeIndex } from './index-file.ts'
import type { ModelIdentity } from './model-identity.ts'
import {
  type Hit,
  hitsAsked,
  type Metadata,
  type SearchIndex,
  type SearchOptions,
} from './search-index.ts'
import { TopRows } from './top-rows.ts'

const KIND = 'ExactIndex'
/** Queries that are multiplied at once. */
const MOST_QUERIES = 64

/** Options of an {@link ExactIndex}. */
export interface ExactIndexOptions extends VectorConfig {
  /** The model that makes the vectors; kept in the file. */
  readonly model?: ModelIdentity
  /** Vectors that are multiplied at once; 8,192 by default. */
  readonly block?: number
  /** The most bytes of vectors that stay on the device between searches; 1 GiB by default. */
  readonly memory?: number
}

/** An index of dense vectors that misses nothing. It holds tensors: `dispose` frees them, and a later search makes them anew. */
export class ExactIndex implements SearchIndex<ArrayLike<number>> {
  readonly config: Required<VectorConfig>
  readonly model: ModelIdentity | undefined
  readonly #block: number
  readonly #memory: number
  #documents: Documents = new Documents()
  #blocks: Float32Array[] = []
  #tensors: (Tensor2D | undefined)[] = []
  #backend: unknown
  /** Counts the times that rows got other numbers. */
  #packings = 0

  /** @throws WinnowError when an option is not fit */
  constructor(options: ExactIndexOptions) {
    const { model, block = 8192, memory = 2 ** 30 } = options
    this.config = checkVectors('ExactIndex', options)
    check(
      Number.isSafeInteger(block) && block >= 1,
      () => `ExactIndex: block: ${block} came, expected a whole number >= 1`,
    )
    check(memory >= 0, () => `ExactIndex: memory: ${memory} came, expected a number >= 0`)
    this.model = model
    this.#block = block
    this.#memory = memory
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

  /** @throws WinnowError when the id is there already, or the vector is not `width` finite numbers */
  add(id: string, vector: ArrayLike<number>, metadata?: Metadata): void {
    const values = vectorOf(`add: '${id}'`, vector, this.config)
    this.#put(this.#documents.add(id, metadata), values)
  }

  remove(id: string): boolean {
    if (this.#documents.remove(id) === undefined) return false
    if (this.#documents.sparse) this.#pack()
    return true
  }

  /** @throws WinnowError when the query is not `width` finite numbers, or an option is not fit */
  async search(vector: ArrayLike<number>, options: SearchOptions = {}): Promise<readonly Hit[]> {
    const [hits] = await this.searchMany([vector], options)
    return hits as readonly Hit[]
  }

  /** The hits of each query: one product for many of them. @throws WinnowError as `search` */
  async searchMany(
    vectors: readonly ArrayLike<number>[],
    options: SearchOptions = {},
  ): Promise<readonly (readonly Hit[])[]> {
    const k = hitsAsked(options)
    const queries = vectors.map((vector) => vectorOf('search: the query', vector, this.config))
    const found: (readonly Hit[])[] = []
    for (let begin = 0; begin < queries.length; begin += MOST_QUERIES) {
      found.push(...(await this.#best(queries.slice(begin, begin + MOST_QUERIES), k, options)))
    }
    return found
  }

  /** Frees the tensors; the vectors stay. */
  dispose(): void {
    for (const tensor of this.#tensors) tensor?.dispose()
    this.#tensors = []
  }

  serialise(): Uint8Array {
    if (this.#documents.size < this.#documents.rows) this.#pack()
    const { width } = this.config
    const { rows } = this.#documents
    const vectors = new Float32Array(rows * width)
    for (const [i, block] of this.#blocks.entries()) {
      const first = i * this.#block
      const filled = Math.min(rows - first, this.#block)
      vectors.set(block.subarray(0, filled * width), first * width)
    }
    return writeIndex({
      kind: KIND,
      config: this.config,
      documents: this.#documents,
      model: this.model,
      tensors: { vectors: floats(vectors) },
    })
  }

  /** @throws WinnowError when it is broken, of another kind or version, or another model's */
  static deserialise(bytes: Uint8Array, options: ReadIndexOptions = {}): ExactIndex {
    const file = new IndexFile(KIND, bytes, options)
    const { model } = file
    const index = file.build(
      (config: VectorConfig) =>
        new ExactIndex({ ...config, ...(model === undefined ? {} : { model }) }),
    )
    const { width } = index.config
    const documents = file.documents()
    const vectors = file.floats('vectors', documents.rows * width)
    for (let row = 0; row < documents.rows; row++) {
      index.#put(row, vectors.subarray(row * width, (row + 1) * width))
    }
    index.#documents = documents
    return index
  }

  #put(row: number, values: Float32Array): void {
    const { width } = this.config
    const at = Math.floor(row / this.#block)
    let block = this.#blocks[at]
    const needed = (row - at * this.#block + 1) * width
    if (block === undefined || block.length < needed) {
      // The last block grows, so that a small index is small.
      const grown = new Float32Array(
        Math.min(this.#block * width, Math.max(2 * needed, 64 * width)),
      )
      if (block !== undefined) grown.set(block)
      block = grown
      this.#blocks[at] = block
    }
    block.set(values, needed - width)
    this.#tensors[at]?.dispose()
    this.#tensors[at] = undefined
  }

  #pack(): void {
    const { width } = this.config
    const blocks = this.#blocks
    const renamed = this.#documents.pack()
    this.dispose()
    this.#blocks = []
    this.#packings++
    for (const [row, next] of renamed.entries()) {
      if (next < 0) continue
      const block = blocks[Math.floor(row / this.#block)] as Float32Array
      const from = (row % this.#block) * width
      this.#put(next, block.subarray(from, from + width))
    }
  }

  async #best(
    queries: readonly Float32Array[],
    k: number,
    options: SearchOptions,
  ): Promise<readonly (readonly Hit[])[]> {
    const { width } = this.config
    const documents = this.#documents
    const packings = this.#packings
    const accepts = documents.accepted(options.filter) ?? ((row) => documents.isThere(row))
    const tops = queries.map(() => new TopRows(k, documents.isBefore))
    const matrix = transposed(queries, width)
    const blocks = Math.ceil(documents.rows / this.#block)
    // The next block is multiplied while the scores of this one are read.
    let next = blocks > 0 ? this.#product(0, matrix, queries.length) : undefined
    for (let at = 0; at < blocks; at++) {
      const scores = await next
      if (this.#packings !== packings) return await this.#best(queries, k, options)
      next = at + 1 < blocks ? this.#product(at + 1, matrix, queries.length) : undefined
      merge(scores as Float32Array, tops, at * this.#block, accepts)
    }
    return tops.map((top) =>
      top
        .finish()
        .filter(({ row }) => documents.isThere(row))
        .map(({ row, score }) => documents.hit(row, score)),
    )
  }

  /** `[rows of the block, queries]`, row-major. */
  async #product(at: number, matrix: Float32Array, queries: number): Promise<Float32Array> {
    const { width } = this.config
    const block = this.#onDevice(at)
    const product = tf.tidy(() => tf.matMul(block, tf.tensor2d(matrix, [width, queries])))
    try {
      return (await product.data()) as Float32Array
    } finally {
      product.dispose()
      if (this.#tensors[at] !== block) block.dispose()
    }
  }

  #onDevice(at: number): Tensor2D {
    const { width } = this.config
    const backend = tf.backend()
    if (this.#backend !== backend) {
      this.dispose()
      this.#backend = backend
    }
    const known = this.#tensors[at]
    if (known !== undefined) return known
    const rows = Math.min(this.#block, this.#documents.rows - at * this.#block)
    const values = (this.#blocks[at] as Float32Array).subarray(0, rows * width)
    const tensor = tf.keep(tf.tensor2d(values, [rows, width]))
    const held = this.#tensors.reduce((sum, { size } = { size: 0 } as Tensor2D) => sum + size, 0)
    if (4 * (held + tensor.size) <= this.#memory) this.#tensors[at] = tensor
    return tensor
  }
}

/** The queries as columns. */
function transposed(queries: readonly Float32Array[], width: number): Float32Array {
  const matrix = new Float32Array(width * queries.length)
  for (const [column, query] of queries.entries()) {
    for (let i = 0; i < width; i++) matrix[i * queries.length + column] = query[i] as number
  }
  return matrix
}

function merge(
  scores: Float32Array,
  tops: readonly TopRows[],
  first: number,
  accepts: (row: number) => boolean,
): void {
  const count = tops.length
  for (const [column, top] of tops.entries()) {
    let { least } = top
    for (let at = column, row = first; at < scores.length; at += count, row++) {
      const score = scores[at] as number
      if (score < least || !accepts(row)) continue
      top.offer(row, score)
      least = top.least
    }
  }
}
