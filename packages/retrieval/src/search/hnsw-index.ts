/**
 * Approximate search among dense vectors by a graph (HNSW; see hnsw-graph.ts). Written here because no package that
 * installs without a compiler did: of those on npm, `hnsw` cannot remove and was 20 times slower to build, `hnswlib-wasm`
 * does not load in Node, and `edgevec` brings storage of its own and 600 KB.
 */
import { check, Rng } from '@winnow/core'
import { checkVectors, type VectorConfig, vectorOf } from './dense-vector.ts'
import { Documents } from './documents.ts'
import { HnswGraph } from './hnsw-graph.ts'
import { HnswLinks, MOST_LEVELS } from './hnsw-links.ts'
import { HnswNodes } from './hnsw-nodes.ts'
import {
  bytesTensor,
  floats,
  IndexFile,
  integers,
  type ReadIndexOptions,
  writeIndex,
} from './index-file.ts'
import type { ModelIdentity } from './model-identity.ts'
import {
  type Hit,
  hitsAsked,
  type Metadata,
  type SearchIndex,
  type SearchOptions,
} from './search-index.ts'
import { TopRows } from './top-rows.ts'

const KIND = 'HnswIndex'

/** How the graph is made, as plain JSON. */
export interface HnswConfig extends VectorConfig {
  /** M, the neighbours of a row on each level (twice as many on the lowest); 2 to 256, 16 by default. */
  readonly neighbours?: number
  /** How many rows are kept while neighbours are looked for (efConstruction): more is better and slower; 200 by default. */
  readonly buildBreadth?: number
  /** How many rows a search keeps (efSearch); 64 by default. */
  readonly breadth?: number
  /** Of the levels: the same seed, vectors and order give the same graph. 0 by default. */
  readonly seed?: number
}

/** Options of an {@link HnswIndex}. */
export interface HnswIndexOptions extends HnswConfig {
  /** The model that makes the vectors; kept in the file. */
  readonly model?: ModelIdentity
}

/** Options of its search. */
export interface HnswSearchOptions extends SearchOptions {
  /** In place of the index's own: more finds more of the true neighbours, and takes longer. At least `k` are kept. */
  readonly breadth?: number
}

/**
 * An index of dense vectors that finds nearly all that an exact one finds, in a fraction of the time. What is removed stays
 * in the graph as a way to others, and is no hit; the graph is made anew when most of it is removed.
 */
export class HnswIndex implements SearchIndex<ArrayLike<number>> {
  readonly config: Required<HnswConfig>
  readonly model: ModelIdentity | undefined
  #documents: Documents = new Documents()
  #graph: HnswGraph
  #nodes: HnswNodes = new HnswNodes()

  /** @throws WinnowError when an option is not fit */
  constructor(options: HnswIndexOptions) {
    const { model, neighbours = 16, buildBreadth = 200, breadth = 64, seed = 0 } = options
    checkWhole('neighbours', neighbours, 2, 256)
    checkWhole('buildBreadth', buildBreadth, 1, 100_000)
    checkWhole('breadth', breadth, 1, 1_000_000)
    checkWhole('seed', seed, 0, 2 ** 32 - 1)
    this.config = { ...checkVectors('HnswIndex', options), neighbours, buildBreadth, breadth, seed }
    this.model = model
    this.#graph = this.#emptyGraph()
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
    this.#documents.add(id, metadata)
    this.#put(values)
  }

  remove(id: string): boolean {
    if (this.#documents.remove(id) === undefined) return false
    if (this.#documents.sparse) this.#rebuild()
    return true
  }

  /** @throws WinnowError when the query is not `width` finite numbers, or an option is not fit */
  async search(
    vector: ArrayLike<number>,
    options: HnswSearchOptions = {},
  ): Promise<readonly Hit[]> {
    const k = hitsAsked(options)
    const { breadth = this.config.breadth, filter } = options
    checkWhole('breadth', breadth, 1, 1_000_000)
    const documents = this.#documents
    const query = vectorOf('search: the query', vector, this.config)
    const accepts = documents.accepted(filter) ?? ((row: number) => documents.isThere(row))
    const { rows } = this.#nodes
    const whole = filter === undefined && documents.size === documents.rows
    const found = this.#graph.search(
      query,
      Math.max(breadth, k),
      whole ? undefined : (node) => (rows[node] as number[]).some(accepts),
    )
    const top = new TopRows(k, documents.isBefore)
    for (const { row: node, similarity } of found) {
      for (const row of rows[node] as number[]) {
        if (whole || accepts(row)) top.offer(row, similarity)
      }
    }
    return top.finish().map(({ row, score }) => documents.hit(row, score))
  }

  serialise(): Uint8Array {
    const { links, entry, vectors } = this.#graph
    const { levels, base, upper } = links.toArrays()
    return writeIndex({
      kind: KIND,
      config: this.config,
      documents: this.#documents,
      model: this.model,
      tensors: {
        vectors: floats(vectors),
        levels: bytesTensor(levels),
        base: integers(base),
        upper: integers(upper),
        entry: integers(Int32Array.of(entry)),
        nodes: integers(Int32Array.from(this.#nodes.ofRows)),
      },
    })
  }

  /** @throws WinnowError when it is broken, of another kind or version, or another model's */
  static deserialise(bytes: Uint8Array, options: ReadIndexOptions = {}): HnswIndex {
    const file = new IndexFile(KIND, bytes, options)
    const { model } = file
    const index = file.build(
      (config: HnswConfig) =>
        new HnswIndex({ ...config, ...(model === undefined ? {} : { model }) }),
    )
    const { width, neighbours, buildBreadth } = index.config
    const documents = file.documents()
    const ofRows = file.integers('nodes', { length: documents.rows, low: 0, high: documents.rows })
    const nodes = ofRows.reduce((most, node) => Math.max(most, node + 1), 0)
    const vectors = file.floats('vectors', nodes * width)
    const links = HnswLinks.fromFile(file, neighbours, nodes)
    const low = nodes === 0 ? -1 : 0
    const [entry] = file.integers('entry', { length: 1, low, high: nodes })
    const highest = links.levels
      .subarray(0, nodes)
      .reduce((most, level) => Math.max(most, level), 0)
    if (nodes > 0 && links.levels[entry as number] !== highest) {
      throw file.error(`the entry ${entry} is not on the highest level`)
    }
    index.#graph = new HnswGraph(width, links, buildBreadth, vectors)
    index.#graph.entry = entry as number
    for (let node = 0; node < nodes; node++) index.#nodes.add(index.#graph.vector(node))
    for (const node of ofRows) index.#nodes.give(node)
    index.#documents = documents
    return index
  }

  /** Gives the next row its vector. */
  #put(vector: Float32Array): void {
    let node = this.#nodes.find(vector, this.#graph)
    if (node === undefined) {
      node = this.#nodes.add(vector)
      this.#graph.add(vector, this.#level(node))
    }
    this.#nodes.give(node)
  }

  #emptyGraph(): HnswGraph {
    const { width, neighbours, buildBreadth } = this.config
    return new HnswGraph(width, new HnswLinks(neighbours), buildBreadth, new Float32Array(0))
  }

  /** Exponentially fewer nodes on each level. */
  #level(node: number): number {
    const { seed, neighbours } = this.config
    const number = 1 - new Rng(seed).fold(node).number()
    return Math.min(Math.floor(-Math.log(number) / Math.log(neighbours)), MOST_LEVELS - 1)
  }

  #rebuild(): void {
    const [graph, { ofRows }] = [this.#graph, this.#nodes]
    const renamed = this.#documents.pack()
    this.#graph = this.#emptyGraph()
    this.#nodes = new HnswNodes()
    for (const [row, next] of renamed.entries()) {
      if (next >= 0) this.#put(graph.vector(ofRows[row] as number))
    }
  }
}

function checkWhole(name: string, value: number, least: number, most: number): void {
  check(
    Number.isSafeInteger(value) && value >= least && value <= most,
    () => `HnswIndex: ${name}: ${value} came, expected a whole number from ${least} to ${most}`,
  )
}
