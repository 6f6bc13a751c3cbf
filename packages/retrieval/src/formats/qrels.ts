/**
 * Judgements in two forms: TREC's `query iteration document grade`, separated by blanks, and BEIR's, separated by tabs,
 * with the head `query-id corpus-id score`.
 */
import { check, readFileBytes, writeFileAtomic } from '@winnow/core'
import type { Qrels } from '../metrics/judgements.ts'
import { type Line, lineError, linesOf, type TextContent } from './lines.ts'
import { checkName } from './trec-run.ts'

/** How judgements are written. */
export type QrelsFormat = 'trec' | 'beir'

const beirHead = 'query-id\tcorpus-id\tscore'

/**
 * Reads judgements; which form they have is seen from the first line.
 *
 * @param options.name what errors call the file
 * @throws WinnowError for a line that is none, a grade that is not a whole number, or a document judged twice; names the
 *   line
 */
export function parseQrels(content: TextContent, options: { readonly name?: string } = {}): Qrels {
  const { name = 'qrels' } = options
  const qrels = new Map<string, Map<string, number>>()
  let format: QrelsFormat | undefined
  for (const line of linesOf(content, name)) {
    if (format === undefined) {
      format = isBeirHead(line.text) ? 'beir' : 'trec'
      if (format === 'beir') continue
    }
    if (format === 'trec' && line.text.trimStart().startsWith('#')) continue
    const [query, id, gradeText] = format === 'beir' ? beirFields(line, name) : fields(line, name)
    if (!/^[+-]?\d{1,9}$/.test(gradeText)) {
      throw lineError(name, line, `the grade '${gradeText}' is not a whole number`)
    }
    const judged = qrels.get(query) ?? new Map<string, number>()
    qrels.set(query, judged)
    if (judged.has(id)) {
      throw lineError(name, line, `document '${id}' was judged twice for query '${query}'`)
    }
    judged.set(id, Number(gradeText))
  }
  return qrels
}

type Judgement = readonly [query: string, document: string, grade: string]

function isBeirHead(text: string): boolean {
  return text.trim().split(/\s+/).join('\t') === beirHead
}

function fields(line: Line, file: string): Judgement {
  const found = line.text.trim().split(/\s+/)
  if (found.length !== 4) {
    throw lineError(
      file,
      line,
      `${found.length} fields came, expected 4: query iteration document grade`,
    )
  }
  const [query, , id, grade] = found as [string, string, string, string]
  return [query, id, grade]
}

function beirFields(line: Line, file: string): Judgement {
  const found = line.text.split('\t').map((field) => field.trim())
  if (found.length !== 3 || found[0] === '' || found[1] === '') {
    throw lineError(
      file,
      line,
      `${found.length} fields came, expected 3 separated by tabs: query, document, grade`,
    )
  }
  return found as unknown as Judgement
}

/**
 * Judgements as text.
 *
 * @throws WinnowError when a name cannot be written in this form, or a grade is not a whole number
 */
export function formatQrels(qrels: Qrels, options: { readonly format?: QrelsFormat } = {}): string {
  const { format = 'trec' } = options
  const name = (what: string, text: string): void => {
    if (format === 'trec') checkName(what, text)
    check(
      text.trim() === text && text !== '' && !/[\t\r\n\p{Surrogate}]/u.test(text),
      () => `${what}: '${text}' cannot be written, expected a name without tabs and line ends`,
    )
  }
  const lines = format === 'beir' ? [`${beirHead}\n`] : []
  for (const [query, judged] of qrels) {
    name('query', query)
    for (const [id, grade] of judged) {
      name('document', id)
      check(
        Number.isSafeInteger(grade) && Math.abs(grade) < 1e9,
        () =>
          `qrels: query '${query}', document '${id}': the grade ${grade} came, expected a whole number`,
      )
      lines.push(format === 'trec' ? `${query} 0 ${id} ${grade}\n` : `${query}\t${id}\t${grade}\n`)
    }
  }
  return lines.join('')
}

/** The judgements in the file at `path`; Node only. @throws WinnowError as {@link parseQrels}, or when it cannot be read */
export async function readQrels(path: string): Promise<Qrels> {
  return parseQrels(await readFileBytes(path), { name: path })
}

/** Writes judgements to the file at `path`, whole or not at all; Node only. @throws WinnowError as {@link formatQrels} */
export async function writeQrels(
  path: string,
  qrels: Qrels,
  options: { readonly format?: QrelsFormat } = {},
): Promise<void> {
  await writeFileAtomic(path, new TextEncoder().encode(formatQrels(qrels, options)))
}
