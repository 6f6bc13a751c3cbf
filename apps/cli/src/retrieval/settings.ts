/**
 * What `winnow compare retrieval` and `winnow train retrieval` can be told, and the data that follow from it.
 */
import { check, type HostArray, Rng } from '@winnow/core'
import {
  encodePassages,
  type NamedPassages,
  type PassageEncoderConfig,
  passageArrays,
  type Qrels,
} from '@winnow/retrieval'
import { PASSAGE_TOKENS, type Tokenizer, trainTokenizer } from '@winnow/text'
import {
  loadRetrievalSet,
  type NamedText,
  type RetrievalPart,
  type RetrievalSet,
} from '../data/text/retrieval-set.ts'

/** The size of the encoder, and what it reads. */
export interface EncoderSettings {
  readonly data: string
  readonly vocabulary: number
  /** Tokens of a document; queries have half as many. */
  readonly context: number
  readonly width: number
  readonly depth: number
  readonly heads: number
  readonly batch: number
  readonly seed: number
}

/** Texts as ids, and what is asked of them. */
export interface Searched {
  readonly queries: NamedPassages
  readonly documents: NamedPassages
  readonly qrels: Qrels
}

/** What training and measuring need. */
export interface RetrievalData {
  readonly set: RetrievalSet
  readonly tokenizer: Tokenizer
  readonly encoder: PassageEncoderConfig
  /** Documents and queries of the training part, as passages to pre-train on. */
  readonly passages: ReturnType<typeof encodePassages>
  /** Of the training part: ids of queries and documents, and rows that belong together. */
  readonly queries: HostArray<Int32Array>
  readonly documents: HostArray<Int32Array>
  readonly pairs: readonly (readonly [query: number, document: number])[]
  /** A small search, for probes on the way. */
  readonly probe: Searched
  readonly test: Searched
}

const PROBE_QUERIES = 200
const PROBE_DOCUMENTS = 1000
/** Queries of the test part that are asked: the intervals are narrow enough, and time is kept for training. */
const TEST_QUERIES = 2000

/** @param trainedWith the tokenizer of a model; by default one is learnt from the training part */
export async function retrievalData(
  settings: EncoderSettings,
  trainedWith?: Tokenizer,
): Promise<RetrievalData> {
  const { data, vocabulary, context, width, depth, heads, batch } = settings
  const set = await loadRetrievalSet(data)
  const { documents, queries, qrels } = set.training
  const texts = [...documents, ...queries].map(({ text }) => text)
  const tokenizer = trainedWith ?? trainTokenizer(texts, { vocabulary, special: PASSAGE_TOKENS })
  check(
    queries.length >= batch,
    () => `--batch: ${batch} came, but only ${queries.length} queries are there to train on`,
  )
  const rows = new Map(documents.map(({ id }, row) => [id, row]))
  const pairs = queries.flatMap(({ id }, query) =>
    [...(qrels.get(id) ?? new Map<string, number>()).keys()].map((answer): [number, number] => [
      query,
      rows.get(answer) as number,
    ]),
  )
  return {
    set,
    tokenizer,
    encoder: {
      vocabulary: tokenizer.vocabulary,
      tokens: context,
      features: width,
      depth,
      heads,
    },
    passages: encodePassages(tokenizer, texts, { tokens: context }),
    queries: idsOf(tokenizer, queries, queryTokens(context)),
    documents: idsOf(tokenizer, documents, context),
    pairs,
    probe: searched(set.validation, tokenizer, context, PROBE_QUERIES, PROBE_DOCUMENTS),
    test: searched(set.test, tokenizer, context, TEST_QUERIES),
  }
}

/** Tokens of a query. */
export function queryTokens(context: number): number {
  return Math.max(3, Math.ceil(context / 2))
}

function idsOf(
  tokenizer: Tokenizer,
  texts: readonly NamedText[],
  tokens: number,
): HostArray<Int32Array> {
  return passageArrays(
    tokenizer,
    texts.map(({ text }) => text),
    { tokens },
  ).ids
}

/** Some queries of a part in a fixed random choice, their answers, and other documents up to `mostDocuments`. */
export function searched(
  part: RetrievalPart,
  tokenizer: Tokenizer,
  context: number,
  mostQueries: number,
  mostDocuments: number = Number.POSITIVE_INFINITY,
): Searched {
  const order = new Rng(1).permutation(part.queries.length).subarray(0, mostQueries)
  const queries = Array.from(order, (i) => part.queries[i] as NamedText)
  const qrels = new Map(
    queries.map(({ id }) => [id, part.qrels.get(id) as ReadonlyMap<string, number>]),
  )
  const answers = new Set([...qrels.values()].flatMap((judged) => [...judged.keys()]))
  const others = part.documents.filter(({ id }) => !answers.has(id))
  const documents = [
    ...part.documents.filter(({ id }) => answers.has(id)),
    ...others.slice(0, Math.max(0, mostDocuments - answers.size)),
  ]
  const named = (texts: readonly NamedText[], tokens: number): NamedPassages => ({
    ids: texts.map(({ id }) => id),
    passages: idsOf(tokenizer, texts, tokens),
  })
  return {
    queries: named(queries, queryTokens(context)),
    documents: named(documents, context),
    qrels,
  }
}
