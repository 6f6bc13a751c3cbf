/**
 * A folder in BEIR's layout as a search: all documents are in each part, and queries are in those that judge them.
 */
import { check } from '@winnow/core'
import { type Qrels, readBeir, type TextRecord } from '@winnow/retrieval'
import type { RetrievalPart, RetrievalSet } from './retrieval-set.ts'

/** @throws WinnowError when something of the layout is missing or broken, or there are no `train` and `test` judgements */
export async function loadBeirSet(name: string, folder: string): Promise<RetrievalSet> {
  const { corpus, queries, qrels } = await readBeir(folder)
  const documents = corpus.map(({ id, title, text }) => ({
    id,
    text: title === undefined ? text : `${title}. ${text}`,
  }))
  const known = new Set(documents.map(({ id }) => id))
  const part = (judged: Qrels | undefined, split: string): RetrievalPart => {
    check(judged !== undefined, () => `${folder}: no judgements for ${split}`)
    const answered = new Map(
      [...judged].map(([query, grades]): [string, ReadonlyMap<string, number>] => [
        query,
        new Map([...grades].filter(([id, grade]) => grade >= 1 && known.has(id))),
      ]),
    )
    const asked = queries.filter(({ id }) => (answered.get(id)?.size ?? 0) > 0)
    check(asked.length > 0, () => `${folder}: ${split} judges no document of the corpus relevant`)
    return { documents, queries: asked.map(named), qrels: answered }
  }
  const test = part(qrels.test, 'test')
  return {
    name,
    training: part(qrels.train, 'train'),
    validation: qrels.dev === undefined ? test : part(qrels.dev, 'dev'),
    test,
  }
}

function named({ id, text }: TextRecord): { readonly id: string; readonly text: string } {
  return { id, text }
}
