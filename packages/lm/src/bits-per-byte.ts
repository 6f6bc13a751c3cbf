/**
 * How many bits a language model needs for each byte of a text: what models of different vocabularies can be compared by.
 *
 *     bits per byte = (nats of all tokens / ln 2) / bytes
 *
 * Windows overlap, so that tokens are judged with something before them; each token counts once.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { dispose, tensor2d } from '@tensorflow/tfjs-core'
import { check, compile } from '@winnow/core'
import type { Tokenizer } from '@winnow/text'
import { packTexts } from './data/documents.ts'
import type { LanguageModel } from './language-model.ts'

/** Options of {@link bitsPerByte}. */
export interface BitsPerByteOptions {
  /** Tokens of a window; as many as the model takes by default. */
  readonly context?: number
  /** Tokens from one window to the next: all but the first are judged with at least `context - stride` tokens before them; half of the context by default. */
  readonly stride?: number
  /** Windows at a time; 16 by default. */
  readonly batch?: number
  readonly signal?: AbortSignal
  /** Told after each batch. */
  readonly onProgress?: (windows: number, total: number) => void
}

/** What {@link bitsPerByte} measures. */
export interface BitsPerByte {
  readonly bitsPerByte: number
  readonly natsPerToken: number
  /** Tokens that were judged: those of the texts, and the end of each. */
  readonly tokens: number
  /** UTF-8 bytes of the texts, and one for the end of each. */
  readonly bytes: number
}

/** UTF-8 bytes of texts, and one for the end of each: what all figures in bits per byte are divided by. */
export function bytesOf(texts: readonly string[]): number {
  const encoder = new TextEncoder()
  return texts.reduce((sum, text) => sum + encoder.encode(text).length + 1, 0)
}

/**
 * Measures a model on a text or several, which it sees one after another, as in training.
 *
 * @throws WinnowError when the tokenizer has more entries than the model, or `context` or `stride` are out of range
 */
export async function bitsPerByte(
  model: LanguageModel,
  tokenizer: Tokenizer,
  texts: string | readonly string[],
  options: BitsPerByteOptions = {},
): Promise<BitsPerByte> {
  const { tokens: most, vocabulary } = model.config
  const { context = most, stride = Math.max(1, context >> 1), batch = 16 } = options
  const { signal, onProgress } = options
  const checkRange = (name: string, value: number, largest: number): void =>
    check(
      Number.isSafeInteger(value) && value >= 1 && value <= largest,
      () => `bitsPerByte: ${name}: ${value} came, expected a whole number from 1 to ${largest}`,
    )
  checkRange('context', context, most)
  checkRange('stride', stride, context)
  checkRange('batch', batch, Number.MAX_SAFE_INTEGER)
  check(
    tokenizer.vocabulary <= vocabulary,
    () =>
      `bitsPerByte: tokenizer: ${tokenizer.vocabulary} entries came, but the model has ${vocabulary}`,
  )
  const all = typeof texts === 'string' ? [texts] : texts
  const stream = packTexts(tokenizer, all)
  const length = Math.min(context, stream.length - 1)
  const windows = windowsOf(stream.length - 1, length, stride)
  using run = compile((ids: Tensor) => model.nats(ids), { modules: [model] })
  let nats = 0
  for (let first = 0; first < windows.length; first += batch) {
    signal?.throwIfAborted()
    const part = windows.slice(first, first + batch)
    const ids = new Int32Array(batch * (length + 1))
    for (const [row, { start }] of part.entries()) {
      ids.set(stream.subarray(start, start + length + 1), row * (length + 1))
    }
    const x = tensor2d(ids, [batch, length + 1], 'int32')
    const costs = await run(x)
    const values = await costs.data()
    dispose([x, costs])
    for (const [row, { judged }] of part.entries()) {
      for (let i = length - judged; i < length; i++) nats += values[row * length + i] as number
    }
    onProgress?.(first + part.length, windows.length)
  }
  const bytes = bytesOf(all)
  const tokens = stream.length - 1
  return { bitsPerByte: nats / Math.LN2 / bytes, natsPerToken: nats / tokens, tokens, bytes }
}

interface Window {
  /** Place of its first id in the stream. */
  readonly start: number
  /** How many of its last tokens are judged in it. */
  readonly judged: number
}

/** Windows of `length` that judge each of `count` tokens once; the last one ends with the stream. */
function windowsOf(count: number, length: number, stride: number): Window[] {
  const windows: Window[] = [{ start: 0, judged: length }]
  for (let done = length; done < count; ) {
    const end = Math.min(done + stride, count)
    windows.push({ start: end - length, judged: end - done })
    done = end
  }
  return windows
}
