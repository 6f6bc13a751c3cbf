/**
 * The language model that this package brings: its weights in float16, its tokenizer and its card, read in Node and in a
 * browser.
 */
import { readFileBytes, restore, WinnowError } from '@winnow/core'
import { LanguageModel } from '@winnow/lm'
import { type Tokenizer, tokenizerFrom } from '@winnow/text'
import type { TinyModelCard } from './card.ts'

/** What {@link loadTinyModel} gives; disposing it disposes the model. */
export interface TinyModel extends Disposable {
  readonly model: LanguageModel
  readonly tokenizer: Tokenizer
}

/** Options of {@link loadTinyModel} and {@link loadTinyCard}. */
export interface LoadOptions {
  /** The folder with the files of `weights`, where they are served from elsewhere: ends with `/`. */
  readonly from?: URL
}

/**
 * Reads the model: after `useBackend`, for its tensors are made there.
 *
 * @throws WinnowError when a file is not there, or broken
 */
export async function loadTinyModel({ from }: LoadOptions = {}): Promise<TinyModel> {
  // Written out for bundlers: this is how they see that the files are needed.
  const [weights, vocabulary] =
    from === undefined
      ? [
          new URL('../weights/model.safetensors', import.meta.url),
          new URL('../weights/tokenizer.json', import.meta.url),
        ]
      : [new URL('model.safetensors', from), new URL('tokenizer.json', from)]
  const [modelBytes, tokenizerBytes] = await Promise.all([read(weights), read(vocabulary)])
  const tokenizer = tokenizerFrom(parse(tokenizerBytes, vocabulary))
  const model = await restore(LanguageModel, modelBytes, { name: weights.href })
  return { model, tokenizer, [Symbol.dispose]: () => model[Symbol.dispose]() }
}

/**
 * Reads what is told of the model: data, command, minutes, figures.
 *
 * @throws WinnowError when the file is not there, or broken
 */
export async function loadTinyCard({ from }: LoadOptions = {}): Promise<TinyModelCard> {
  const card =
    from === undefined
      ? new URL('../weights/card.json', import.meta.url)
      : new URL('card.json', from)
  return parse(await read(card), card) as TinyModelCard
}

async function read(url: URL): Promise<Uint8Array> {
  // Node's fetch reads no files.
  if (url.protocol === 'file:') {
    const { fileURLToPath } = await import('node:url')
    return await readFileBytes(fileURLToPath(url))
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
