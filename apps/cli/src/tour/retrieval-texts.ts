/**
 * A part of WordNet's examples and entries, as ids: few enough for a minute.
 */
import { type ArrayDataset, Rng } from '@winnow/core'
import {
  encodePassages,
  type PassageEncoderConfig,
  pairDataset,
  passageArrays,
} from '@winnow/retrieval'
import { PASSAGE_TOKENS, trainTokenizer } from '@winnow/text'
import { loadRetrievalSet, type NamedText, type RetrievalPart } from '../data/text/retrieval-set.ts'
import { queryTokens, type Searched, searched } from '../retrieval/settings.ts'
import { fewer, type Stage } from './stage.ts'

/** Texts, and the same as ids. */
interface AskedPart {
  readonly texts: RetrievalPart
  readonly searched: Searched
}

/** See the top of the file. */
export interface AskedTexts {
  readonly encoder: PassageEncoderConfig
  /** Entries and examples to pre-train on. */
  readonly passages: ArrayDataset
  /** Examples with their entries. */
  readonly pairs: ArrayDataset
  /** To settle how much each way of searching counts. */
  readonly probe: AskedPart
  readonly test: AskedPart
}

const PAIRS = 20_000
const TEST = { queries: 500, documents: 3000 }
const PROBE = { queries: 150, documents: 750 }
/** The tokenizer is learnt from so many. */
const TOKENIZED = 8000
const VOCABULARY = 4096
/** Tokens of an entry. */
const TOKENS = 24

export async function askedTexts(stage: Stage): Promise<AskedTexts> {
  const set = await loadRetrievalSet('wordnet')
  const { documents, queries, qrels } = set.training
  const order = new Rng(7).permutation(queries.length).subarray(0, fewer(stage, PAIRS, 128))
  const asked = Array.from(order, (i) => queries[i] as NamedText)
  const answerOf = ({ id }: NamedText): string => [...(qrels.get(id)?.keys() ?? [])][0] as string
  const wanted = new Set(asked.map(answerOf))
  const answering = documents.filter(({ id }) => wanted.has(id))
  const rows = new Map(answering.map(({ id }, row) => [id, row]))
  const texts = [...answering, ...asked].map(({ text }) => text)
  const some = new Rng(8).permutation(texts.length).subarray(0, fewer(stage, TOKENIZED, 200))
  const tokenizer = trainTokenizer(
    Array.from(some, (i) => texts[i] as string),
    { vocabulary: VOCABULARY, special: PASSAGE_TOKENS },
  )
  const ids = (list: readonly NamedText[], tokens: number) =>
    passageArrays(
      tokenizer,
      list.map(({ text }) => text),
      { tokens },
    ).ids
  const part = (from: RetrievalPart, sizes: typeof TEST): AskedPart => ({
    texts: from,
    searched: searched(
      from,
      tokenizer,
      TOKENS,
      fewer(stage, sizes.queries, 20),
      fewer(stage, sizes.documents, 60),
    ),
  })
  return {
    encoder: {
      vocabulary: tokenizer.vocabulary,
      tokens: TOKENS,
      features: 128,
      depth: 2,
      heads: 4,
    },
    passages: encodePassages(tokenizer, texts, { tokens: TOKENS }),
    pairs: pairDataset({
      queries: ids(asked, queryTokens(TOKENS)),
      documents: ids(answering, TOKENS),
      pairs: asked.map((query, row): [number, number] => [
        row,
        rows.get(answerOf(query)) as number,
      ]),
    }),
    probe: part(set.validation, PROBE),
    test: part(set.test, TEST),
  }
}
