/**
 * Search among vectors: the bench `search`, a query a call. `exact` and the two graphs (at a breadth where they find 95 and
 * 99 % of the ten nearest) over the same dense vectors, `sparse` over sparse ones; the rival is a loop over typed arrays.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Rng } from '../packages/core/src/index.ts'
import {
  ExactIndex,
  HnswIndex,
  InvertedIndex,
  type SparseVector,
} from '../packages/retrieval/src/index.ts'
import { timed, type Work } from './serve.ts'

/** Fewer for a look at whether it runs. */
const COUNT = Number(process.env['WINNOW_SEARCH_VECTORS'] ?? 100_000)
const WIDTH = 256
const CENTRES = 1000
const QUERIES = 200
const K = 10
/** As large as BERT's vocabulary; a document has as many words as a passage, a query as a question. */
const DIMENSIONS = 30_522
const DOCUMENT_WORDS = 100
const QUERY_WORDS = 12

/** Documents around random centres, and queries that were drawn in the same way. */
export function denseVectors(): {
  readonly documents: readonly Float32Array[]
  readonly queries: readonly Float32Array[]
} {
  const rng = new Rng(7)
  const centres = Array.from({ length: CENTRES }, () => rng.normalValues(WIDTH))
  const draw = (): Float32Array => {
    const vector = rng.normalValues(WIDTH)
    const centre = centres[Math.floor(rng.number() * CENTRES)] as Float32Array
    let squares = 0
    for (let i = 0; i < WIDTH; i++) {
      const value = (vector[i] as number) + (centre[i] as number)
      vector[i] = value
      squares += value * value
    }
    return vector.map((value) => value / Math.sqrt(squares))
  }
  const documents = Array.from({ length: COUNT }, draw)
  return { documents, queries: Array.from({ length: QUERIES }, draw) }
}

/** Few dimensions in most vectors, most in few, as words are. */
export function sparseVectors(): {
  readonly documents: readonly SparseVector[]
  readonly queries: readonly SparseVector[]
} {
  const rng = new Rng(8)
  const draw = (words: number): SparseVector => {
    const chosen = new Set<number>()
    while (chosen.size < words) {
      chosen.add(Math.min(DIMENSIONS - 1, Math.floor(DIMENSIONS ** rng.number())))
    }
    const indices = Int32Array.from(chosen)
    return { indices, values: rng.uniformValues(indices.length, 0.1, 3) }
  }
  const documents = Array.from({ length: COUNT }, () => draw(DOCUMENT_WORDS))
  return { documents, queries: Array.from({ length: QUERIES }, () => draw(QUERY_WORDS)) }
}

/** One query a call, each in turn. */
export function turns<Query>(
  queries: readonly Query[],
  ask: (query: Query) => Promise<unknown> | unknown,
): Work {
  let next = 0
  return {
    run: async (count) => ({
      milliseconds: await timed(count, async () => {
        await ask(queries[next++ % queries.length] as Query)
      }),
    }),
  }
}

/** Our indexes, and what to say of the graphs. */
export async function buildSearch(): Promise<{
  readonly cases: Map<string, Work>
  readonly note: string
}> {
  const { documents, queries } = denseVectors()
  const exact = new ExactIndex({ width: WIDTH })
  for (const [i, vector] of documents.entries()) exact.add(`${i}`, vector)
  const sparse = new InvertedIndex()
  const { documents: words, queries: questions } = sparseVectors()
  for (const [i, vector] of words.entries()) sparse.add(`${i}`, vector)
  const graph = graphOf(documents)
  const truth = await exact.searchMany(queries, { k: K })
  const cases = new Map<string, Work>([
    ['exact', turns(queries, (query) => exact.search(query, { k: K }))],
    ['sparse', turns(questions, (query) => sparse.search(query, { k: K }))],
  ])
  const notes: string[] = []
  for (const goal of [0.95, 0.99]) {
    const { breadth, recall } = await breadthFor(goal, graph, queries, truth)
    cases.set(
      `hnsw-${goal}`,
      turns(queries, (query) => graph.search(query, { k: K, breadth })),
    )
    notes.push(`recall ${recall.toFixed(3)} at breadth ${breadth}`)
  }
  return { cases, note: `${COUNT} vectors, ${notes.join(', ')}` }
}

/** Building takes a minute or more: the graph is kept for the next participant, and the next time. */
function graphOf(documents: readonly Float32Array[]): HnswIndex {
  const config = { width: WIDTH, neighbours: 16, buildBreadth: 100 }
  const path = join(tmpdir(), `winnow-bench-hnsw-${COUNT}x${WIDTH}.index`)
  if (existsSync(path)) return HnswIndex.deserialise(readFileSync(path), { name: path })
  const graph = new HnswIndex(config)
  for (const [i, vector] of documents.entries()) graph.add(`${i}`, vector)
  writeFileSync(`${path}.part`, graph.serialise())
  renameSync(`${path}.part`, path)
  return graph
}

/** The smallest breadth, in steps of a tenth, that finds so much. */
async function breadthFor(
  goal: number,
  graph: HnswIndex,
  queries: readonly Float32Array[],
  truth: readonly (readonly { readonly id: string }[])[],
): Promise<{ readonly breadth: number; readonly recall: number }> {
  for (let breadth = K; ; breadth = Math.ceil(1.1 * breadth)) {
    let found = 0
    for (const [i, query] of queries.entries()) {
      const wanted = new Set(truth[i]?.map(({ id }) => id))
      for (const { id } of await graph.search(query, { k: K, breadth })) if (wanted.has(id)) found++
    }
    const recall = found / (K * queries.length)
    if (recall >= goal || breadth > COUNT) return { breadth, recall }
  }
}
