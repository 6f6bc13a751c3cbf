/**
 * Questions and the documents that answer them, in three parts without a common document.
 */
import { existsSync } from 'node:fs'
import { basename } from 'node:path'
import { check, nearest, Rng, WinnowError } from '@winnow/core'
import { loadBeirSet } from './beir-set.ts'
import { loadLibreOfficeHelp } from './libreoffice-help.ts'
import { loadWordnetExamples } from './wordnet-examples.ts'

/** A document, with the queries that it answers; those of one group come into one part. */
export interface AnsweringDocument {
  readonly text: string
  /** What it answers; none for a document that is only in the way. */
  readonly queries: readonly string[]
  readonly group: string
}

/** A text with its id. */
export interface NamedText {
  readonly id: string
  readonly text: string
}

/** One part: what is searched, what is asked, and what answers it. */
export interface RetrievalPart {
  readonly documents: readonly NamedText[]
  readonly queries: readonly NamedText[]
  /** Query id, document id, grade. */
  readonly qrels: ReadonlyMap<string, ReadonlyMap<string, number>>
}

/** The three parts, of which no two share a document, nor a query's text. */
export interface RetrievalSet {
  readonly name: string
  readonly training: RetrievalPart
  readonly validation: RetrievalPart
  readonly test: RetrievalPart
}

type Load = (options: { readonly cache?: string }) => Promise<readonly AnsweringDocument[]>

const sets: ReadonlyMap<string, Load> = new Map<string, Load>([
  ['wordnet', () => loadWordnetExamples()],
  ['libreoffice', (options) => loadLibreOfficeHelp(options)],
])

/** What there is, for help texts. */
export function retrievalHelp(): string {
  return 'wordnet (usage example to entry), libreoffice (index entry to page of the help), or a folder in the layout of BEIR'
}

/** The shares of the groups that are kept back. */
const TEST_SHARE = 0.1
const VALIDATION_SHARE = 0.03

/** @throws WinnowError for an unknown name, with the nearest known one, and when the data cannot be had */
export async function loadRetrievalSet(
  name: string,
  options: { readonly cache?: string } = {},
): Promise<RetrievalSet> {
  const load = sets.get(name.toLowerCase())
  if (load === undefined && existsSync(name)) return await loadBeirSet(basename(name), name)
  if (load === undefined) {
    const near = nearest(name, sets.keys())
    const hint = near === undefined ? '' : ` Did you mean '${near}'?`
    throw new WinnowError(`data: '${name}' is not known.${hint} Expected ${retrievalHelp()}.`)
  }
  return splitAnswers(name.toLowerCase(), await load(options))
}

/**
 * Cuts documents in three by group, in a fixed random choice. A query whose text comes in an earlier part (training first)
 * is left out of a later one.
 *
 * @throws WinnowError when a part would have no query
 */
export function splitAnswers(name: string, documents: readonly AnsweringDocument[]): RetrievalSet {
  const groups = [...new Set(documents.map(({ group }) => group))]
  const order = new Rng(0).permutation(groups.length)
  const [tests, validations] = [TEST_SHARE, TEST_SHARE + VALIDATION_SHARE].map((share) =>
    Math.max(1, Math.round(share * groups.length)),
  ) as [number, number]
  const partOf = new Map<string, 'test' | 'validation' | 'training'>()
  for (const [rank, index] of order.entries()) {
    const part = rank < tests ? 'test' : rank < validations ? 'validation' : 'training'
    partOf.set(groups[index] as string, part)
  }
  const seen = new Set<string>()
  const part = (wanted: string): RetrievalPart => {
    const asked = new Map<string, { id: string; answers: Map<string, number> }>()
    const texts: NamedText[] = []
    for (const [number, { text, queries, group }] of documents.entries()) {
      if (partOf.get(group) !== wanted) continue
      const id = `d${number}`
      texts.push({ id, text })
      for (const query of queries) {
        if (seen.has(query)) continue
        const known = asked.get(query)
        if (known === undefined) {
          asked.set(query, { id: `q${number}-${asked.size}`, answers: new Map([[id, 1]]) })
        } else known.answers.set(id, 1)
      }
    }
    for (const query of asked.keys()) seen.add(query)
    check(asked.size > 0, () => `${name}: too few documents came: no query is left for ${wanted}`)
    return {
      documents: texts,
      queries: [...asked].map(([text, { id }]) => ({ id, text })),
      qrels: new Map([...asked.values()].map(({ id, answers }) => [id, answers])),
    }
  }
  return { name, training: part('training'), validation: part('validation'), test: part('test') }
}
