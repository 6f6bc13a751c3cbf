/**
 * The index of a folder's texts: passages with where they come from, by words, or by words and meaning where there is a
 * model.
 */
import { readFileBytes } from '@winnow/core'
import {
  Bm25Index,
  type Embedder,
  type Hit,
  HybridSearch,
  indexKind,
  type SearchDocument,
  type SearchOptions,
  splitPassages,
} from '@winnow/retrieval'
import type { FoundText } from './found-texts.ts'

/** What is kept of a passage. */
export interface PassageFields {
  readonly document: string
  readonly path: string
  readonly title: string
  readonly text: string
}

/** An index that was built or read. */
export interface TextIndex {
  readonly size: number
  /** 'words', or 'words and meaning'. */
  readonly finds: string
  search(query: string, options: SearchOptions): Promise<readonly Hit[]>
  /** The words of a query as they are looked for. */
  terms(query: string): readonly string[]
  serialise(): Uint8Array
}

/** Options of {@link buildIndex}. */
export interface BuildOptions {
  readonly embedder: Embedder | undefined
  readonly signal: AbortSignal
  readonly onProgress: (done: number, all: number) => void
}

/** Passages between two looks at the clock and at Ctrl-C. */
const SOME = 500

/** An index of the passages of all texts. @throws the signal's reason when it is aborted */
export async function buildIndex(
  texts: readonly FoundText[],
  { embedder, signal, onProgress }: BuildOptions,
): Promise<TextIndex> {
  const passages = texts.flatMap(passagesOf)
  if (embedder !== undefined) {
    const search = new HybridSearch({ embedder })
    await search.add(passages, { signal, onProgress })
    return hybrid(search)
  }
  const index = new Bm25Index()
  for (const [i, { id, text, metadata }] of passages.entries()) {
    index.add(id, text, metadata)
    if ((i + 1) % SOME === 0 || i + 1 === passages.length) {
      onProgress(i + 1, passages.length)
      // A moment for Ctrl-C to be heard.
      await new Promise((resolve) => setImmediate(resolve))
      signal.throwIfAborted()
    }
  }
  return lexical(index)
}

/** The title is found with every passage. */
function passagesOf({ id, path, title, text }: FoundText): readonly SearchDocument[] {
  const passages = splitPassages(text === '' ? title : text)
  return passages.map(({ text: passage }, i) => {
    const metadata: PassageFields = { document: id, path, title, text: passage }
    const heading = title === '' || passage.startsWith(title) ? '' : `${title}\n`
    return { id: `${id}:${i + 1}`, text: `${heading}${passage}`, metadata: { ...metadata } }
  })
}

/**
 * Reads an index. One with vectors is searched by words alone where no model is at hand.
 *
 * @throws WinnowError when it is missing, broken, or of another model
 */
export async function openIndex(
  path: string,
  findEmbedder: () => Promise<Embedder | undefined>,
): Promise<TextIndex> {
  const bytes = await readFileBytes(path)
  const name = path
  if (indexKind(bytes, { name }) === 'Bm25Index') {
    return lexical(Bm25Index.deserialise(bytes, { name }))
  }
  const embedder = await findEmbedder()
  if (embedder === undefined) return lexical(HybridSearch.lexicalOf(bytes, { name }))
  return hybrid(HybridSearch.deserialise(bytes, embedder, { name }))
}

function lexical(index: Bm25Index): TextIndex {
  return {
    size: index.size,
    finds: 'words',
    search: (query, options) => index.search(query, options),
    terms: (query) => index.analyzer.terms(query),
    serialise: () => index.serialise(),
  }
}

function hybrid(search: HybridSearch): TextIndex {
  return {
    ...lexical(search.lexical),
    finds: 'words and meaning',
    search: (query, options) => search.search(query, options),
    serialise: () => search.serialise(),
  }
}
