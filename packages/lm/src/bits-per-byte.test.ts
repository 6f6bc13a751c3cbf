import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { prepareBackend, Rng } from '@winnow/core'
import { trainTokenizer } from '@winnow/text'
import { beforeAll, describe, expect, it } from 'vitest'
import { bitsPerByte, bytesOf } from './bits-per-byte.ts'
import { packTexts } from './data/documents.ts'
import { LanguageModel } from './language-model.ts'

beforeAll(async () => {
  await tf.setBackend('cpu')
  prepareBackend()
})

const texts = ['the cat sat on the mat', 'the dog, too', 'żółw']
const tokenizer = trainTokenizer(texts, { vocabulary: 270 })
const model = new LanguageModel(
  { vocabulary: 270, tokens: 8, features: 16, depth: 1, heads: 2 },
  new Rng(1),
)

/** Each token judged in the window that the definition says, one by one. */
function expectedNats(context: number, stride: number): number {
  const stream = [...packTexts(tokenizer, texts)]
  let nats = 0
  for (let place = 1; place < stream.length; place++) {
    let end = context
    while (end < place) end += stride
    end = Math.min(end, stream.length - 1)
    const window = stream.slice(Math.max(0, end - context), end + 1)
    const costs = model.nats(tf.tensor2d([window], undefined, 'int32')).arraySync() as number[][]
    nats += costs[0]?.[place - Math.max(0, end - context) - 1] as number
  }
  return nats
}

describe('bitsPerByte', () => {
  it.each([
    [8, 4],
    [8, 8],
    [8, 1],
    [5, 3],
    [1, 1],
  ])('judges each token once, in windows of %d every %d', async (context, stride) => {
    const measured = await bitsPerByte(model, tokenizer, texts, { context, stride, batch: 3 })
    const nats = expectedNats(context, stride)
    expect(measured.natsPerToken).toBeCloseTo(nats / measured.tokens, 5)
    expect(measured.bitsPerByte).toBeCloseTo(nats / Math.LN2 / measured.bytes, 5)
    expect(measured.tokens).toBe(packTexts(tokenizer, texts).length - 1)
  })

  it('counts UTF-8 bytes, and one for the end of each text', async () => {
    expect(bytesOf(texts)).toBe(22 + 1 + 12 + 1 + 7 + 1)
    expect((await bitsPerByte(model, tokenizer, texts)).bytes).toBe(44)
    // Its end alone: one byte and one token.
    const empty = await bitsPerByte(model, tokenizer, '')
    expect([empty.bytes, empty.tokens]).toEqual([1, 1])
    const nats = model.nats(tf.tensor2d([[0, 0]], undefined, 'int32')).dataSync()[0] as number
    expect(empty.bitsPerByte).toBeCloseTo(nats / Math.LN2, 5)
  })

  it('is log2 of the vocabulary for each token of a model that knows nothing', async () => {
    using blank = new LanguageModel(model.config, new Rng(1))
    const { weight } = blank.transformer.embedding
    weight.assign(tf.zeros(weight.shape as [number, number]))
    const { bitsPerByte: bits, tokens, bytes } = await bitsPerByte(blank, tokenizer, texts)
    expect(bits).toBeCloseTo((tokens * Math.log2(270)) / bytes, 5)
  })

  it('leaves nothing behind, and can be ended', async () => {
    const before = tf.memory().numTensors
    const told: [number, number][] = []
    await bitsPerByte(model, tokenizer, texts, {
      batch: 2,
      onProgress: (windows, total) => told.push([windows, total]),
    })
    expect(told.at(-1)?.[0]).toBe(told.at(-1)?.[1])
    const controller = new AbortController()
    const onProgress = (): void => controller.abort(new Error('enough'))
    const work = bitsPerByte(model, tokenizer, texts, {
      batch: 1,
      onProgress,
      signal: controller.signal,
    })
    await expect(work).rejects.toThrow('enough')
    expect(tf.memory().numTensors).toBe(before)
  })

  it('refuses what does not fit', async () => {
    const measure = (options: object) => bitsPerByte(model, tokenizer, texts, options)
    await expect(measure({ context: 9 })).rejects.toThrow('context: 9 came')
    await expect(measure({ context: 4, stride: 5 })).rejects.toThrow('stride: 5 came')
    await expect(measure({ batch: 0 })).rejects.toThrow('batch: 0 came')
    const large = trainTokenizer(texts, { vocabulary: 280, leastCount: 1 })
    await expect(bitsPerByte(model, large, texts)).rejects.toThrow('280 entries came')
  })
})
