/**
 * The language model that a sparse autoencoder reads, with the texts it is given: the one that comes along, or from the
 * folder of its run.
 */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { Tensor } from '@tensorflow/tfjs-core'
import { concat, slice } from '@tensorflow/tfjs-core'
import { check, Rng, readFileBytes, restore, unknownName } from '@winnow/core'
import { LanguageModel, packTexts } from '@winnow/lm'
import { loadTinyCard, loadTinyModel } from '@winnow/lm-tiny'
import { type Tokenizer, tokenizerFrom } from '@winnow/text'
import { loadText } from '../data/text/load-text.ts'
import { lmKind, TOKENIZER } from '../lm/kind.ts'
import { readJson } from '../run/json.ts'
import { readRecord } from '../run/run-folder.ts'

/** A place between the blocks. */
export type Place = 'embedded' | `blocks.${number}` | 'last'

/** What `--model` calls the one that comes along, in `@winnow/lm-tiny`. */
export const SHIPPED = 'tiny'
/** Of the texts that it was trained on, those that npm packages hold. */
const SHIPPED_TEXTS = 'wordnet,sotu'
const SHIPPED_FOLDER = join('runs', 'lm-tiny')

/** For help texts. */
export const modelHelp: string = `the folder that train lm wrote, or ${SHIPPED}: the small model that comes along`

/** See the top of the file; disposing it disposes the model. */
export interface ReadModel extends Disposable {
  readonly model: LanguageModel
  readonly tokenizer: Tokenizer
  /** A fingerprint of its weights. */
  readonly hash: string
}

/** @throws WinnowError when the folder holds no run of `winnow train lm` */
export async function readLanguageModel(folder: string): Promise<ReadModel> {
  if (folder === SHIPPED) {
    const { sha256 } = await loadTinyCard()
    return { ...(await loadTinyModel()), hash: sha256 }
  }
  await readRecord(folder, lmKind)
  const path = join(folder, 'model.safetensors')
  const hash = createHash('sha256').update(await readFileBytes(path))
  const tokenizer = tokenizerFrom(await readJson(join(folder, TOKENIZER)))
  const model = await restore(LanguageModel, path)
  return {
    model,
    tokenizer,
    hash: hash.digest('hex'),
    [Symbol.dispose]: () => model[Symbol.dispose](),
  }
}

/**
 * Names of the texts that it was trained on.
 *
 * @throws WinnowError when the folder holds no run of `winnow train lm`
 */
export async function textsOf(folder: string): Promise<string> {
  if (folder === SHIPPED) return SHIPPED_TEXTS
  return (await readRecord(folder, lmKind)).settings.data
}

/** Where its activations are kept, so that later runs find them again. */
export function activationsFolder(folder: string): string {
  return join(folder === SHIPPED ? SHIPPED_FOLDER : folder, 'activations')
}

/** @throws WinnowError, with the nearest one, when the model has no such place, or sees one token at a time */
export function checkPlace(model: LanguageModel, at: string): Place {
  const { depth, tokens } = model.config
  const places = ['embedded', ...Array.from({ length: depth }, (_, i) => `blocks.${i}`), 'last']
  if (!places.includes(at)) throw unknownName('--at', at, places)
  check(tokens >= 2, () => `--model: it sees ${tokens} token at a time, expected 2 or more`)
  return at as Place
}

/** A part of the texts. */
export type Part = 'training' | 'validation' | 'test'

/** Texts as ids. */
export interface Streams {
  readonly name: string
  /**
   * The beginning of a part as one stream, training texts in the order that training has: whole sequences of `tokens` ids
   * with one in common, about `most` tokens but the first of each: those are left out everywhere, for they have nothing
   * before them and activations like no others.
   *
   * @throws WinnowError when it is too short for one
   */
  sequences(part: Part, tokens: number, most: number): Int32Array
}

/** Texts by name or path. */
export async function readStreams(data: string, tokenizer: Tokenizer): Promise<Streams> {
  const texts = await loadText(data)
  return {
    name: texts.name,
    sequences(part, tokens, most) {
      const all = texts[part]
      const order = part === 'training' ? new Rng(0).permutation(all.length) : all.keys()
      const step = tokens - 1
      const wanted = Math.ceil(most / step) * step + 1
      const stream = firstIds(
        tokenizer,
        Array.from(order, (i) => all[i] as string),
        wanted,
      )
      const there = Math.floor((stream.length - 1) / step) * step + 1
      check(
        there > step,
        () => `--data: ${stream.length} tokens for ${part} came, expected ${tokens}`,
      )
      return stream.subarray(0, Math.min(there, wanted))
    },
  }
}

/** Most tokens are shorter. */
const CHARACTERS_OF_TOKEN = 5

/** The ids of the first texts, at least so many where there are: to cut all of a large set into tokens takes long. */
function firstIds(tokenizer: Tokenizer, texts: readonly string[], least: number): Int32Array {
  let [count, characters] = [0, 0]
  while (count < texts.length && characters < CHARACTERS_OF_TOKEN * least) {
    characters += (texts[count++] as string).length
  }
  const ids = packTexts(tokenizer, texts.slice(0, count))
  return ids.length >= least || count === texts.length ? ids : packTexts(tokenizer, texts)
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
