/**
 * The language model that a sparse autoencoder reads: from the folder of its run, with the texts it is given.
 */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { Tensor } from '@tensorflow/tfjs-core'
import { concat, slice } from '@tensorflow/tfjs-core'
import { check, Rng, readFileBytes, restore, unknownName } from '@winnow/core'
import { LanguageModel, packTexts } from '@winnow/lm'
import { type Tokenizer, tokenizerFrom } from '@winnow/text'
import { loadText } from '../data/text/load-text.ts'
import { lmKind, TOKENIZER } from '../lm/kind.ts'
import { readJson } from '../run/json.ts'
import { readRecord } from '../run/run-folder.ts'

/** A place between the blocks. */
export type Place = 'embedded' | `blocks.${number}` | 'last'

/** See the top of the file; disposing it disposes the model. */
export interface ReadModel extends Disposable {
  readonly model: LanguageModel
  readonly tokenizer: Tokenizer
  /** The texts that it was trained on, by name. */
  readonly data: string
  /** A fingerprint of its weights. */
  readonly hash: string
}

/** @throws WinnowError when the folder holds no run of `winnow train lm` */
export async function readLanguageModel(folder: string): Promise<ReadModel> {
  const { settings } = await readRecord(folder, lmKind)
  const path = join(folder, 'model.safetensors')
  const hash = createHash('sha256').update(await readFileBytes(path))
  const tokenizer = tokenizerFrom(await readJson(join(folder, TOKENIZER)))
  const model = await restore(LanguageModel, path)
  return {
    model,
    tokenizer,
    data: settings.data,
    hash: hash.digest('hex'),
    [Symbol.dispose]: () => model[Symbol.dispose](),
  }
}

/** @throws WinnowError, with the nearest one, when the model has no such place, or sees one token at a time */
export function checkPlace(model: LanguageModel, at: string): Place {
  const { depth, tokens } = model.config
  const places = ['embedded', ...Array.from({ length: depth }, (_, i) => `blocks.${i}`), 'last']
  if (!places.includes(at)) throw unknownName('--at', at, places)
  check(tokens >= 2, () => `--model: it sees ${tokens} token at a time, expected 2 or more`)
  return at as Place
}

/** Ids of the three parts of texts, as one stream each; training texts in the order that training has. */
export interface Streams {
  readonly name: string
  readonly training: Int32Array
  readonly validation: Int32Array
  readonly test: Int32Array
}

export async function readStreams(data: string, tokenizer: Tokenizer): Promise<Streams> {
  const { name, training, validation, test } = await loadText(data)
  const order = new Rng(0).permutation(training.length)
  return {
    name,
    training: packTexts(
      tokenizer,
      Array.from(order, (i) => training[i] as string),
    ),
    validation: packTexts(tokenizer, validation),
    test: packTexts(tokenizer, test),
  }
}

/**
 * The beginning of a stream that makes whole sequences of `tokens` ids with one in common, and about `most` tokens but the
 * first of each: those are left out everywhere, for they have nothing before them and activations like no others.
 *
 * @throws WinnowError when it is too short for one
 */
export function wholeSequences(
  stream: Int32Array,
  tokens: number,
  most: number,
  part: string,
): Int32Array {
  const step = tokens - 1
  const there = Math.floor((stream.length - 1) / step)
  check(there >= 1, () => `--data: ${stream.length} tokens for ${part} came, expected ${tokens}`)
  return stream.subarray(0, Math.min(there, Math.ceil(most / step)) * step + 1)
}

/** Edits all tokens of `[batch, tokens, features]` but the first. */
export function butFirst(edit: (x: Tensor) => Tensor): (x: Tensor) => Tensor {
  return (x) => {
    const [batch, tokens, features] = x.shape as [number, number, number]
    const first = slice(x, [0, 0, 0], [batch, 1, features])
    const rest = slice(x, [0, 1, 0], [batch, tokens - 1, features])
    return concat([first, edit(rest)], 1)
  }
}
