/**
 * Runs as TREC exchanges them: `query Q0 document rank score tag`, fields separated by blanks. As in trec_eval the rank is
 * not looked at, and empty lines and lines that begin with `#` are passed over.
 */
import { check, readFileBytes, writeFileAtomic } from '@winnow/core'
import { compareBytes, type Run, type RunHit } from '../metrics/judgements.ts'
import { lineError, linesOf, numberOf, type TextContent } from './lines.ts'

/**
 * Reads a run.
 *
 * @param options.name what errors call the file
 * @throws WinnowError for a line that is none, a score that is not a number, or a document found twice; names the line
 */
export function parseRun(content: TextContent, options: { readonly name?: string } = {}): Run {
  const { name = 'run' } = options
  const run = new Map<string, RunHit[]>()
  const seen = new Map<string, Set<string>>()
  for (const line of linesOf(content, name)) {
    if (line.text.trimStart().startsWith('#')) continue
    const fields = line.text.trim().split(/\s+/)
    if (fields.length !== 6) {
      throw lineError(
        name,
        line,
        `${fields.length} fields came, expected 6: query Q0 document rank score tag`,
      )
    }
    const [query, , id, , scoreText] = fields as [string, string, string, string, string]
    const score = numberOf(scoreText)
    if (score === undefined) throw lineError(name, line, `the score '${scoreText}' is not a number`)
    let ids = seen.get(query)
    if (ids === undefined) {
      ids = new Set()
      seen.set(query, ids)
      run.set(query, [])
    }
    if (ids.has(id)) throw lineError(name, line, `document '${id}' came twice for query '${query}'`)
    ids.add(id)
    run.get(query)?.push({ id, score })
  }
  return run
}

/**
 * A run as text, each query's documents by rank (ties as trec_eval breaks them), ranks from 1.
 *
 * @param options.tag the name of the system; 'winnow' by default
 * @throws WinnowError when a name cannot be written: it is empty or has blanks, or a score is not a finite number
 */
export function formatRun(run: Run, options: { readonly tag?: string } = {}): string {
  const { tag = 'winnow' } = options
  checkName('tag', tag)
  const lines: string[] = []
  for (const [query, hits] of run) {
    checkName('query', query)
    const ordered = [...hits].sort((a, b) => b.score - a.score || compareBytes(b.id, a.id))
    for (const [i, { id, score }] of ordered.entries()) {
      checkName('document', id)
      check(
        Number.isFinite(score),
        () => `run: query '${query}', document '${id}': the score ${score} cannot be written`,
      )
      lines.push(`${query} Q0 ${id} ${i + 1} ${score} ${tag}\n`)
    }
  }
  return lines.join('')
}

/** The run in the file at `path`; Node only. @throws WinnowError as {@link parseRun}, or when it cannot be read */
export async function readRun(path: string): Promise<Run> {
  return parseRun(await readFileBytes(path), { name: path })
}

/** Writes a run to the file at `path`, whole or not at all; Node only. @throws WinnowError as {@link formatRun} */
export async function writeRun(
  path: string,
  run: Run,
  options: { readonly tag?: string } = {},
): Promise<void> {
  await writeFileAtomic(path, new TextEncoder().encode(formatRun(run, options)))
}

/** A name that one blank ends. */
export function checkName(what: string, name: string): void {
  check(
    name !== '' && !/[\s\p{Surrogate}]/u.test(name),
    () => `${what}: '${name}' cannot be written, expected a name without blanks`,
  )
}
