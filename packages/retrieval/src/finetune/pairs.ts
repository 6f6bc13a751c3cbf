/**
 * Pairs of queries and documents as a dataset to fine-tune on.
 */
import { ArrayDataset, check, type HostArray } from '@winnow/core'

/** See {@link pairDataset}. */
export interface PairOptions {
  /** Ids of the queries, `[queries, tokens]`. */
  readonly queries: HostArray<Int32Array>
  /** Ids of the documents, `[documents, tokens]`. */
  readonly documents: HostArray<Int32Array>
  /** Row of a query, row of a document that answers it. */
  readonly pairs: readonly (readonly [query: number, document: number])[]
  /** For each pair rows of documents that do not answer it, the same number for all; none by default. */
  readonly negatives?: readonly (readonly number[])[]
  /** For each pair what a teacher thinks of its document and of its negatives. */
  readonly teacher?: readonly (readonly number[])[]
}

/**
 * One item a pair: `inputs`, `passages` `[1 + negatives, tokens]`, `documents`, and with a teacher `teacher`.
 *
 * @throws WinnowError when rows are not there, or lists have other lengths
 */
export function pairDataset(options: PairOptions): ArrayDataset {
  const { queries, documents, pairs, negatives, teacher } = options
  check(pairs.length > 0, () => 'pairDataset: pairs: none came, expected one at least')
  for (const [name, lists] of Object.entries({ negatives, teacher })) {
    check(
      lists === undefined || lists.length === pairs.length,
      () =>
        `pairDataset: ${name}: ${lists?.length} lists came, expected one for each of ${pairs.length} pairs`,
    )
  }
  const each = 1 + (negatives?.[0]?.length ?? 0)
  const [asked, tokens] = [queries.shape[1] as number, documents.shape[1] as number]
  const inputs = new Int32Array(pairs.length * asked)
  const passages = new Int32Array(pairs.length * each * tokens)
  for (const [p, [query, document]] of pairs.entries()) {
    const rows = [document, ...(negatives?.[p] ?? [])]
    check(
      rows.length === each,
      () => `pairDataset: negatives: ${rows.length - 1} came for pair ${p}, expected ${each - 1}`,
    )
    inputs.set(rowOf('queries', queries, query), p * asked)
    for (const [i, row] of rows.entries()) {
      passages.set(rowOf('documents', documents, row), (p * each + i) * tokens)
    }
  }
  check(
    teacher === undefined || teacher.every((scores) => scores.length === each),
    () => `pairDataset: teacher: expected ${each} scores for each pair`,
  )
  return new ArrayDataset({
    inputs: { data: inputs, shape: [pairs.length, asked] },
    passages: { data: passages, shape: [pairs.length, each, tokens] },
    documents: {
      data: Int32Array.from(
        pairs.flatMap(([, document], p) => [document, ...(negatives?.[p] ?? [])]),
      ),
      shape: [pairs.length, each],
    },
    ...(teacher && {
      teacher: { data: Float32Array.from(teacher.flat()), shape: [pairs.length, each] },
    }),
  })
}

function rowOf(name: string, { data, shape }: HostArray<Int32Array>, row: number): Int32Array {
  const [count, width] = shape as [number, number]
  check(
    Number.isSafeInteger(row) && row >= 0 && row < count,
    () => `pairDataset: ${name}: row ${row} came, expected 0 to ${count - 1}`,
  )
  return data.subarray(row * width, (row + 1) * width)
}
