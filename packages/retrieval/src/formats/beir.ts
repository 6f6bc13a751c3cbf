/**
 * The folder of a BEIR data set (Thakur et al., 2021): `corpus.jsonl` and `queries.jsonl`, one JSON object a line with
 * `_id`, `text` and what else there is (`title`, `metadata`), and `qrels/train.tsv`, `dev.tsv`, `test.tsv`.
 */
import { check, readFileBytes, WinnowError, writeFileAtomic } from '@winnow/core'
import type { Qrels } from '../metrics/judgements.ts'
import { lineError, linesOf, type TextContent } from './lines.ts'
import { formatQrels, parseQrels } from './qrels.ts'

/** A document or a query of a data set. */
export interface TextRecord {
  readonly id: string
  readonly text: string
  readonly title?: string
  /** Whatever else is known, as JSON. */
  readonly metadata?: Readonly<Record<string, unknown>>
}

/** A data set in BEIR's layout. */
export interface BeirDataset {
  readonly corpus: readonly TextRecord[]
  readonly queries: readonly TextRecord[]
  /** By split; those that are there. */
  readonly qrels: Readonly<Partial<Record<BeirSplit, Qrels>>>
}

/** The splits of a data set. */
export type BeirSplit = 'train' | 'dev' | 'test'

const splits: readonly BeirSplit[] = ['train', 'dev', 'test']

/**
 * Reads lines of `{ "_id", "text", "title"?, "metadata"? }`.
 *
 * @param options.name what errors call the file
 * @throws WinnowError for a line that is no such object, or an id that came before; names the line
 */
export function parseTextRecords(
  content: TextContent,
  options: { readonly name?: string } = {},
): readonly TextRecord[] {
  const { name = 'JSONL' } = options
  const records: TextRecord[] = []
  const seen = new Set<string>()
  for (const line of linesOf(content, name)) {
    const fail = (problem: string): WinnowError => lineError(name, line, problem)
    let value: unknown
    try {
      value = JSON.parse(line.text)
    } catch (cause) {
      throw new WinnowError(fail('not JSON').message, { cause })
    }
    if (!isRecord(value)) throw fail('not a JSON object')
    const { _id: id, text, title, metadata } = value
    if (typeof id !== 'string' || id === '') throw fail("'_id' is not a string, or is empty")
    if (seen.has(id)) throw fail(`the id '${id}' came before`)
    if (typeof text !== 'string') throw fail("'text' is not a string")
    if (title !== undefined && typeof title !== 'string') throw fail("'title' is not a string")
    if (metadata !== undefined && !isRecord(metadata)) throw fail("'metadata' is not an object")
    seen.add(id)
    records.push({
      id,
      text,
      ...(title === undefined || title === '' ? {} : { title }),
      ...(metadata === undefined || Object.keys(metadata).length === 0 ? {} : { metadata }),
    })
  }
  return records
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Records as lines of JSON, every field BEIR's readers ask for among them. */
export function formatTextRecords(records: readonly TextRecord[]): string {
  return records
    .map(({ id, text, title = '', metadata = {} }) => {
      return `${JSON.stringify({ _id: id, title, text, metadata })}\n`
    })
    .join('')
}

/**
 * Reads a data set from its folder; Node only.
 *
 * @throws WinnowError when the corpus or the queries are missing or broken, no judgements are there, or one names a query
 *   that is not; a judged document may be missing, as it is in several of BEIR's sets
 */
export async function readBeir(folder: string): Promise<BeirDataset> {
  const read = async (file: string): Promise<readonly TextRecord[]> =>
    parseTextRecords(await readFileBytes(`${folder}/${file}`), { name: `${folder}/${file}` })
  const [corpus, queries] = await Promise.all([read('corpus.jsonl'), read('queries.jsonl')])
  const known = new Set(queries.map(({ id }) => id))
  const qrels: Partial<Record<BeirSplit, Qrels>> = {}
  for (const split of splits) {
    const path = `${folder}/qrels/${split}.tsv`
    const bytes = await readIfThere(path)
    if (bytes === undefined) continue
    const judged = parseQrels(bytes, { name: path })
    for (const query of judged.keys()) {
      check(known.has(query), () => `${path}: query '${query}' is not in ${folder}/queries.jsonl`)
    }
    qrels[split] = judged
  }
  check(
    Object.keys(qrels).length > 0,
    () => `${folder}/qrels: no judgements there, expected train.tsv, dev.tsv or test.tsv`,
  )
  return { corpus, queries, qrels }
}

async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFileBytes(path)
  } catch (error) {
    if ((error as { cause?: { code?: string } }).cause?.code === 'ENOENT') return undefined
    throw error
  }
}

/**
 * Writes a data set in BEIR's layout, each file whole or not at all; Node only.
 *
 * @throws WinnowError when something cannot be written
 */
export async function writeBeir(folder: string, dataset: BeirDataset): Promise<void> {
  const write = (file: string, text: string): Promise<void> =>
    writeFileAtomic(`${folder}/${file}`, new TextEncoder().encode(text))
  const { corpus, queries, qrels } = dataset
  await write('corpus.jsonl', formatTextRecords(corpus))
  await write('queries.jsonl', formatTextRecords(queries))
  for (const split of splits) {
    const judged = qrels[split]
    if (judged !== undefined) {
      await write(`qrels/${split}.tsv`, formatQrels(judged, { format: 'beir' }))
    }
  }
}
