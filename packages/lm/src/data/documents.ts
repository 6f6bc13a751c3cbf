/**
 * Texts as one stream of ids, the end of a text before each and after the last, cut into sequences to train on.
 */
import { type ArrayDataset, Batches, check, fromArrays } from '@winnow/core'
import type { Tokenizer } from '@winnow/text'

/** The stream: int32, starting and ending with the end of a text. @throws WinnowError without such a token */
export function packTexts(tokenizer: Tokenizer, texts: Iterable<string>): Int32Array {
  const { endOfText } = tokenizer
  check(
    endOfText !== undefined,
    () =>
      'packTexts: tokenizer: its vocabulary has no <|endoftext|>, expected one to put between texts',
  )
  const parts: Int32Array[] = [Int32Array.of(endOfText)]
  for (const text of texts) parts.push(tokenizer.encode(text), Int32Array.of(endOfText))
  const stream = new Int32Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    stream.set(part, at)
    at += part.length
  }
  return stream
}

/**
 * All of a stream but its rest as sequences of `tokens + 1` ids, each beginning with the last id of the one before, so that
 * every id but the first is predicted once: to evaluate on.
 *
 * @throws WinnowError when the stream is shorter than one sequence
 */
export function sequences(stream: Int32Array, options: { readonly tokens: number }): ArrayDataset {
  const { tokens } = options
  checkStream('sequences', stream, tokens)
  const count = Math.floor((stream.length - 1) / tokens)
  const data = new Int32Array(count * (tokens + 1))
  for (let i = 0; i < count; i++) {
    data.set(stream.subarray(i * tokens, (i + 1) * tokens + 1), i * (tokens + 1))
  }
  return fromArrays({ data, shape: [count, tokens + 1] })
}

/**
 * Batches of such sequences in random order, cut at another place in each pass, so that no token is always the first:
 * to train on.
 *
 * @throws WinnowError when the stream is too short for a batch
 */
export function sequenceBatches(
  stream: Int32Array,
  options: { readonly tokens: number; readonly batch: number },
): Batches {
  const { tokens, batch } = options
  checkStream('sequenceBatches', stream, tokens)
  // One sequence less, which makes room for the shift.
  const count = Math.floor((stream.length - 1) / tokens) - 1
  const length = Math.floor(count / batch)
  check(
    Number.isSafeInteger(batch) && batch >= 1 && length >= 1,
    () =>
      `sequenceBatches: batch: ${batch} came for ${Math.max(0, count)} sequences of ${tokens} tokens, expected a whole number from 1 to that`,
  )
  return new Batches(
    async function* (key, _epoch, from) {
      check(key !== undefined, () => 'sequenceBatches: rng: none came to shuffle with')
      const draws = key.fold(0)
      const shift = Math.floor(draws.number() * tokens)
      const order = draws.permutation(count)
      for (let number = from; number < length; number++) {
        const data = new Int32Array(batch * (tokens + 1))
        for (let row = 0; row < batch; row++) {
          const start = shift + (order[number * batch + row] as number) * tokens
          data.set(stream.subarray(start, start + tokens + 1), row * (tokens + 1))
        }
        yield { inputs: { data, shape: [batch, tokens + 1] } }
      }
    },
    { size: batch, length, rng: undefined },
  )
}

function checkStream(name: string, stream: Int32Array, tokens: number): void {
  check(
    Number.isSafeInteger(tokens) && tokens >= 1,
    () => `${name}: tokens: ${tokens} came, expected a whole number >= 1`,
  )
  check(
    stream.length > tokens,
    () => `${name}: a stream of ${stream.length} ids came, expected at least ${tokens + 1}`,
  )
}
