/**
 * Exact search with every query at once: documents are encoded batch by batch, compared with all queries and forgotten.
 */
import { concat, dispose, type Tensor, tensor } from '@tensorflow/tfjs-core'
import { check, compile, type HostArray } from '@winnow/core'
import type { Run, RunHit } from '../metrics/judgements.ts'
import { type PassageModel, type Representation, score } from './representation.ts'

/** Passages with their ids, as a search names them. */
export interface NamedPassages {
  readonly ids: readonly string[]
  /** Ids of tokens int32 `[passages, tokens]`. */
  readonly passages: HostArray<Int32Array>
}

/** Options of {@link searchAll}. */
export interface SearchAllOptions {
  /** Hits of each query. */
  readonly k: number
  /** Passages that are encoded at a time; 64 by default. */
  readonly batch?: number
  readonly signal?: AbortSignal
}

/**
 * The `k` documents of the highest scores for each query.
 *
 * @throws WinnowError when there are not as many ids as passages
 */
export async function searchAll(
  model: PassageModel,
  queries: NamedPassages,
  documents: NamedPassages,
  options: SearchAllOptions,
): Promise<Run> {
  const { k, batch = 64, signal } = options
  for (const [name, { ids, passages }] of Object.entries({ queries, documents })) {
    check(
      ids.length === passages.shape[0] && ids.length > 0,
      () => `searchAll: ${name}: ${ids.length} ids came for ${passages.shape[0]} passages`,
    )
  }
  const represent = compile(
    (ids: Tensor) => ({ ...model.represent(ids) }) as Record<string, Tensor>,
  )
  const compare = compile(
    (asked: Record<string, Tensor>, ids: Tensor): Tensor =>
      score(asked as Representation, model.represent(ids)),
  )
  const best = queries.ids.map(() => new Best(k))
  let asked: Record<string, Tensor> = {}
  try {
    const parts: Record<string, Tensor>[] = []
    for (const { ids } of pieces(queries.passages, batch)) {
      parts.push(await represent(ids))
      ids.dispose()
    }
    const names = Object.keys(parts[0] as object)
    asked = Object.fromEntries(
      names.map((name) => [name, concat(parts.map((part) => part[name] as Tensor))]),
    )
    dispose(parts as never)
    for (const { ids, from } of pieces(documents.passages, batch)) {
      signal?.throwIfAborted()
      const scores = await compare(asked, ids)
      const values = await scores.data()
      dispose([scores, ids])
      const count = values.length / queries.ids.length
      for (const [q, list] of best.entries()) {
        for (let d = 0; d < count; d++) list.offer(from + d, values[q * count + d] as number)
      }
    }
  } finally {
    represent.dispose()
    compare.dispose()
    dispose(asked as never)
  }
  return new Map(
    queries.ids.map((id, q) => [
      id,
      (best[q] as Best).hits.map(
        ({ row, value }): RunHit => ({
          id: documents.ids[row] as string,
          score: value,
        }),
      ),
    ]),
  )
}

function* pieces(
  { data, shape }: HostArray<Int32Array>,
  batch: number,
): Generator<{ readonly ids: Tensor; readonly from: number }> {
  const [count, tokens] = shape as [number, number]
  for (let from = 0; from < count; from += batch) {
    const rows = Math.min(batch, count - from)
    const part = data.slice(from * tokens, (from + rows) * tokens)
    yield { ids: tensor(part, [rows, tokens], 'int32'), from }
  }
}

/** The `k` best of what was offered. */
class Best {
  readonly #k: number
  #held: { row: number; value: number }[] = []
  #least = Number.NEGATIVE_INFINITY

  constructor(k: number) {
    this.#k = k
  }

  offer(row: number, value: number): void {
    if (!(value > this.#least)) return
    this.#held.push({ row, value })
    if (this.#held.length >= 4 * this.#k) this.#cut()
  }

  get hits(): readonly { readonly row: number; readonly value: number }[] {
    this.#cut()
    return this.#held
  }

  #cut(): void {
    this.#held.sort((a, b) => b.value - a.value || a.row - b.row)
    this.#held = this.#held.slice(0, this.#k)
    if (this.#held.length === this.#k) this.#least = (this.#held.at(-1) as { value: number }).value
  }
}
