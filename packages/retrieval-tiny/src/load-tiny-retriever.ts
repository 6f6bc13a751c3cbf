/**
 * The search model that this package brings: its weights in float16, its tokenizer and its card, read in Node and in a
 * browser, as an embedder of texts.
 */
import { dispose, slice, type Tensor, tensor } from '@tensorflow/tfjs-core'
import { check, compile, readFileBytes, restore, WinnowError } from '@winnow/core'
import {
  type Embedder,
  modelIdentity,
  passageArrays,
  Retriever,
  splitPassages,
} from '@winnow/retrieval'
import { type Tokenizer, tokenizerFrom } from '@winnow/text'
import type { TinySearchCard } from './card.ts'

/** What indexes call the model. */
const NAME = '@winnow/retrieval-tiny'
/** Pieces of texts that are encoded at once; fewer are filled up, so that one compiled graph serves all. */
const BATCH = 16
/** Pieces of a text that are looked at: what is far longer is cut. */
const MOST_PIECES = 32

/** What {@link loadTinyRetriever} gives: the model, and what makes vectors of texts by it. Disposing it disposes both. */
export interface TinyRetriever extends Embedder, Disposable {
  readonly retriever: Retriever
  readonly tokenizer: Tokenizer
}

/** Options of {@link loadTinyRetriever} and {@link loadTinySearchCard}. */
export interface LoadOptions {
  /** The folder with the files of `weights`, where they are served from elsewhere: ends with `/`. */
  readonly from?: URL
}

/**
 * Reads the model: after `useBackend`, for its tensors are made there. A text
 * longer than the model takes has the mean of its pieces' vectors; one far longer is cut.
 *
 * @throws WinnowError when a file is not there, or broken
 */
export async function loadTinyRetriever({ from }: LoadOptions = {}): Promise<TinyRetriever> {
  // Written out for bundlers: this is how they see that the files are needed.
  const [weights, vocabulary] =
    from === undefined
      ? [
          new URL('../weights/model.safetensors', import.meta.url),
          new URL('../weights/tokenizer.json', import.meta.url),
        ]
      : [new URL('model.safetensors', from), new URL('tokenizer.json', from)]
  const [bytes, tokenizerBytes, { weight }] = await Promise.all([
    read(weights),
    read(vocabulary),
    loadTinySearchCard(from === undefined ? {} : { from }),
  ])
  const tokenizer = tokenizerFrom(parse(tokenizerBytes, vocabulary))
  const model = await modelIdentity(NAME, bytes)
  const retriever = await restore(Retriever, bytes, { name: weights.href })
  const { embedding, encoder } = retriever.config
  check(
    encoder.vocabulary === tokenizer.vocabulary && embedding?.kind !== 'hybrid',
    () => `${weights.href}: the model and its tokenizer do not fit, or its vectors are not dense`,
  )
  const width = embedding?.dense ?? encoder.features
  const represent = compile((ids: Tensor): Tensor => retriever.represent(ids).dense as Tensor)
  return {
    model,
    width,
    retriever,
    tokenizer,
    weight,
    async embed(texts) {
      const tokens = encoder.tokens - 2
      const pieces = texts.map((text) =>
        splitPassages(text, { tokens, tokenizer, overlap: 0 })
          .slice(0, MOST_PIECES)
          .map((piece) => piece.text),
      )
      // A blank text has a vector too.
      const own = pieces.map((some) => (some.length === 0 ? [''] : some))
      const all = own.flat()
      const vectors: Float32Array[] = []
      for (let begin = 0; begin < all.length; begin += BATCH) {
        const some = all.slice(begin, begin + BATCH)
        const values = await encoded(represent, tokenizer, some, encoder.tokens)
        for (const row of some.keys()) {
          vectors.push(values.slice(row * width, (row + 1) * width))
        }
      }
      return own.map(({ length }) => unitMean(vectors.splice(0, length), width))
    },
    [Symbol.dispose]() {
      represent.dispose()
      retriever[Symbol.dispose]()
    },
  }
}

/** The mean of vectors, of length 1. */
function unitMean(vectors: readonly Float32Array[], width: number): Float32Array {
  const sum = new Float32Array(width)
  for (const vector of vectors) for (const [i, x] of vector.entries()) sum[i] = (sum[i] ?? 0) + x
  const length = Math.hypot(...sum) || 1
  return sum.map((x) => x / length)
}

/** Vectors of at most `BATCH` texts, one after another. */
async function encoded(
  represent: (ids: Tensor) => Promise<Tensor>,
  tokenizer: Tokenizer,
  texts: readonly string[],
  tokens: number,
): Promise<Float32Array> {
  const filled = [...texts, ...new Array<string>(BATCH - texts.length).fill('')]
  const { data } = passageArrays(tokenizer, filled, { tokens }).ids
  const ids = tensor(data, [BATCH, tokens], 'int32')
  const all = await represent(ids)
  const own = slice(all, [0, 0], [texts.length, all.shape[1] as number])
  try {
    return (await own.data()) as Float32Array
  } finally {
    dispose([ids, all, own])
  }
}

/**
 * Reads what is told of the model: data, command, minutes, figures.
 *
 * @throws WinnowError when the file is not there, or broken
 */
export async function loadTinySearchCard({ from }: LoadOptions = {}): Promise<TinySearchCard> {
  const card =
    from === undefined
      ? new URL('../weights/card.json', import.meta.url)
      : new URL('card.json', from)
  return parse(await read(card), card) as TinySearchCard
}

async function read(url: URL): Promise<Uint8Array<ArrayBuffer>> {
  // Node's fetch reads no files.
  if (url.protocol === 'file:') {
    const { fileURLToPath } = await import('node:url')
    return new Uint8Array(await readFileBytes(fileURLToPath(url)))
  }
  const response = await fetch(url).catch((cause: unknown) => {
    throw new WinnowError(`${url.href}: cannot be fetched`, { cause })
  })
  if (!response.ok) throw new WinnowError(`${url.href}: ${response.status} came, expected a file`)
  return new Uint8Array(await response.arrayBuffer())
}

function parse(bytes: Uint8Array, { href }: URL): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (cause) {
    throw new WinnowError(`${href}: not JSON`, { cause })
  }
}
