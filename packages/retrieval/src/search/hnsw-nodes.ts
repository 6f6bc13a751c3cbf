/**
 * Rows with the same vector share one node of the graph: copies of a vector would be each other's only neighbours, and a
 * graph with many of them falls apart.
 */
import type { HnswGraph } from './hnsw-graph.ts'

export class HnswNodes {
  /** The node of each row. */
  readonly ofRows: number[] = []
  /** The rows of each node. */
  readonly rows: number[][] = []
  /** Nodes by the hash of their vectors. */
  readonly #byHash = new Map<number, number[]>()

  /** The node that has this vector; undefined where none does. */
  find(vector: Float32Array, graph: HnswGraph): number | undefined {
    return this.#byHash.get(hash(vector))?.find((node) => same(graph.vector(node), vector))
  }

  /** A new node, for this vector. */
  add(vector: Float32Array): number {
    const key = hash(vector)
    const known = this.#byHash.get(key)
    const node = this.rows.push([]) - 1
    if (known === undefined) this.#byHash.set(key, [node])
    else known.push(node)
    return node
  }

  /** Gives the next row to a node. */
  give(node: number): void {
    this.rows[node]?.push(this.ofRows.push(node) - 1)
  }
}

/** FNV-1a over the words of a vector. */
function hash(vector: Float32Array): number {
  const words = new Uint32Array(vector.buffer, vector.byteOffset, vector.length)
  let value = 0x811c9dc5
  for (const word of words) value = Math.imul(value ^ word, 0x01000193)
  return value
}

function same(a: Float32Array, b: Float32Array): boolean {
  return a.every((value, i) => Object.is(value, b[i]))
}
