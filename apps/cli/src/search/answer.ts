/**
 * Hits as they are shown: one passage of each document, the words of the query marked, and as much of the passage as a
 * glance takes in.
 */
import { englishStopWords, type Hit, highlight, type TextRange } from '@winnow/retrieval'
import type { PassageFields, TextIndex } from './text-index.ts'

/** A passage that answers. */
export interface Answer {
  readonly id: string
  readonly score: number
  readonly path: string
  readonly title: string
  readonly text: string
  /** Where the words of the query stand in `text`, in UTF-16 units. */
  readonly highlights: readonly TextRange[]
}

/** Passages that are looked at for each answer, since a document may have many. */
const PASSAGES = 5
const SNIPPET = 240

/** The best passage of each of the `k` best documents. */
export async function answers(
  index: TextIndex,
  query: string,
  k: number,
): Promise<readonly Answer[]> {
  const hits = await index.search(query, { k: PASSAGES * k })
  const best = new Map<string, Hit>()
  for (const hit of hits) {
    const { document } = fieldsOf(hit)
    if (!best.has(document)) best.set(document, hit)
  }
  const all = index.terms(query)
  const telling = all.filter((term) => !englishStopWords.includes(term))
  const marked = telling.length > 0 ? telling : all
  return [...best.values()].slice(0, k).map((hit) => {
    const { path, title, text } = fieldsOf(hit)
    const { id, score } = hit
    return { id, score, path, title, text, highlights: highlight(text, marked) }
  })
}

function fieldsOf({ id, metadata = {} }: Hit): PassageFields {
  const { document = id, path = id, title = '', text = '' } = metadata as Partial<PassageFields>
  return { document, path, title, text }
}

/** The part of a passage with the most marked words, on one line. */
export function snippet(
  { text, highlights }: Pick<Answer, 'text' | 'highlights'>,
  mark: (word: string) => string,
): string {
  const begin = bestBegin(text, highlights)
  const end = wordEdge(text, Math.min(text.length, begin + SNIPPET))
  let line = begin > 0 ? '... ' : ''
  let at = begin
  for (const range of highlights) {
    if (range.start < at || range.end > end) continue
    line += clean(text.slice(at, range.start)) + mark(clean(text.slice(range.start, range.end)))
    at = range.end
  }
  line += clean(text.slice(at, end))
  return line.trim() + (end < text.length ? ' ...' : '')
}

function bestBegin(text: string, highlights: readonly TextRange[]): number {
  if (text.length <= SNIPPET) return 0
  let best = 0
  let most = 0
  for (const { start } of highlights) {
    const begin = Math.max(0, start - 40)
    const inside = highlights.filter((one) => one.start >= begin && one.end <= begin + SNIPPET)
    const different = new Set(inside.map((one) => text.slice(one.start, one.end).toLowerCase()))
    if (different.size > most) {
      most = different.size
      best = begin
    }
  }
  return best === 0 ? 0 : wordEdge(text, best)
}

/** Behind the blank at or before `at`; `at` itself where no blank is near. */
function wordEdge(text: string, at: number): number {
  if (at >= text.length) return text.length
  const blank = text.lastIndexOf(' ', at)
  if (blank > at - 30 && blank >= 0) return blank + 1
  // Never between the halves of a character.
  return /[\udc00-\udfff]/.test(text[at] as string) ? at + 1 : at
}

/** On one line, and without what would steer a terminal. */
export function clean(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/\p{Control}/gu, '')
}
