import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { compile, gradient, Rng, slots } from '@winnow/core'
import { describe, expect, test } from 'vitest'
import { testContext } from '../testing/test-context.ts'
import { expectClose, normal, valuesOf } from '../testing/values.ts'
import { TextTransformer, type TextTransformerConfig } from './text-transformer.ts'

const kinds = ['learned', 'sinCos', 'rotary', 'alibi'] as const

/** A small model whose tokens differ enough to be told apart. */
function small(options: Partial<TextTransformerConfig> = {}): TextTransformer {
  const model = new TextTransformer(
    { vocabulary: 11, tokens: 6, features: 8, depth: 2, heads: 2, ...options },
    new Rng(1),
  )
  let seed = 20
  for (const [path, { slot }] of slots(model)) {
    if (path.endsWith('weight') && slot.shape.length === 2) {
      slot.assign(tf.mul(normal(slot.shape, seed++), 0.5))
    }
  }
  return model
}

const ids = (...rows: number[][]): tf.Tensor =>
  tf.tensor2d(rows, [rows.length, rows[0]!.length], 'int32')

/** Tokens `first` to `first + count - 1` of every sequence. */
const part = (x: tf.Tensor, first: number, count: number): tf.Tensor =>
  tf.slice(x, [0, first, 0], [-1, count, -1])

const largest = (x: tf.Tensor): number => tf.max(tf.abs(x)).dataSync()[0] as number

describe('agrees with calls by hand', () => {
  test('as BERT', () => {
    const model = small({ order: 'post', segments: 2, embeddingNorm: true })
    const weight = (path: string): tf.Tensor => slots(model).get(`${path}.weight`)!.slot.value
    const [text, segments] = [ids([3, 1, 4, 1], [5, 9, 2, 6]), ids([0, 0, 1, 1], [0, 1, 1, 1])]
    const sum = tf.add(
      tf.add(tf.gather(weight('embedding'), text), tf.slice(weight('positions'), 0, 4)),
      tf.gather(weight('segments'), segments),
    )
    let x = model.embeddingNorm!.forward(sum)
    const result = model.forward(text, undefined, { segments })
    expectClose(result.embedded, x, 1e-6)
    for (const [i, block] of model.blocks.entries()) {
      x = block.forward(x)
      expectClose(result.blocks[i] as tf.Tensor, x, 1e-6)
    }
    expect(result.tokens).toBe(result.blocks[1])
    // Without segments all tokens are of the first.
    const none = model.forward(text)
    expectClose(
      none.tokens,
      model.forward(text, undefined, { segments: tf.zerosLike(text) }).tokens,
    )
  })

  test('as GPT-2', () => {
    const model = small({ causal: true })
    const text = ids([3, 1, 4])
    const { embedded, blocks, tokens } = model.forward(text)
    expectClose(
      embedded,
      tf.add(model.embedding.forward(text), tf.slice(model.positions!.rows(6), 0, 3)),
    )
    const mask = tf.tensor2d([
      [1, 0, 0],
      [1, 1, 0],
      [1, 1, 1],
    ])
    const first = model.blocks[0]!.forward(embedded, undefined, { mask })
    expectClose(blocks[0] as tf.Tensor, first, 1e-6)
    expectClose(tokens, model.norm!.forward(blocks[1] as tf.Tensor), 0)
  })

  test('the embedding is scaled beside sine-cosine positions, or as asked for', () => {
    const model = small({ positions: 'sinCos' })
    const text = ids([3, 1])
    const rows = model.embedding.forward(text)
    const positions = model.positions!.rows(2)
    expectClose(model.forward(text).embedded, tf.add(tf.mul(rows, Math.sqrt(8)), positions))
    const asked = small({ positions: 'rotary', embeddingScale: 3 })
    expectClose(asked.forward(text).embedded, tf.mul(asked.embedding.forward(text), 3))
  })
})

describe.each(kinds)('%s positions', (positions) => {
  test('a causal model does not see what comes later; another does', () => {
    const [a, b] = [ids([3, 1, 4, 1, 5]), ids([3, 1, 4, 7, 8])]
    const differences = [true, false].map((causal) => {
      const model = small({ positions, causal })
      return largest(part(tf.sub(model.forward(a).tokens, model.forward(b).tokens), 0, 3))
    })
    expect(differences[0]).toBe(0)
    expect(differences[1]).toBeGreaterThan(1e-3)
  })

  test('padding is not looked at', () => {
    const model = small({ positions })
    const mask = tf.tensor2d([
      [1, 1, 1, 0, 0],
      [1, 1, 1, 1, 1],
    ])
    const [a, b] = [ids([3, 1, 4, 0, 0], [1, 2, 3, 4, 5]), ids([3, 1, 4, 7, 8], [1, 2, 3, 4, 5])]
    const [one, other] = [a, b].map((text) => model.forward(text, undefined, { mask }).tokens)
    expectClose(part(one!, 0, 3), part(other!, 0, 3), 0)
    const alone = model.forward(ids([3, 1, 4])).tokens
    expectClose(tf.slice(part(one!, 0, 3), 0, 1), alone, 1e-5)
  })

  test('order matters', () => {
    const model = small({ positions })
    const [a, b] = [ids([3, 1, 4, 2]), ids([3, 4, 1, 2])].map((text) => model.forward(text).tokens)
    expect(largest(part(tf.sub(a!, b!), 3, 1))).toBeGreaterThan(1e-3)
  })

  test('one token after another with caches gives what all at once gives', async () => {
    const model = small({ positions, causal: true })
    const text = ids([3, 1, 4, 1, 5], [9, 2, 6, 5, 3])
    const expected = model.forward(text).tokens
    const caches = model.newCaches(2)
    const start = model.forward(tf.slice(text, [0, 0], [2, 2]), undefined, { caches, position: 0 })
    expectClose(start.tokens, part(expected, 0, 2), 1e-5)
    using next = compile(
      (token: tf.Tensor, position: tf.Tensor) =>
        model.forward(token, undefined, { caches, position }).tokens,
      { modules: [model, ...caches] },
    )
    for (const place of [2, 3, 4]) {
      const token = tf.slice(text, [0, place], [2, 1])
      const found = await next(token, tf.scalar(place, 'int32'))
      expectClose(found, part(expected, place, 1), 1e-5)
    }
  })

  test('one token alone', () => {
    const { tokens } = small({ positions, causal: true }).forward(ids([3], [4]))
    expect(tokens.shape).toEqual([2, 1, 8])
    for (const value of valuesOf(tokens)) expect(value).not.toBeNaN()
  })
})

test('the gradient reaches every parameter', () => {
  const model = small({ segments: 2, embeddingNorm: true, causal: true })
  const trained = [...slots(model)].map(([, { slot }]) => slot.value)
  const text = ids([3, 1, 4, 1, 5, 9])
  const segments = ids([0, 0, 0, 1, 1, 1])
  const weights = normal([1, 6, 8])
  const loss = (): tf.Tensor =>
    tf.sum(tf.mul(model.forward(text, undefined, { segments }).tokens, weights))
  const paths = [...slots(model).keys()]
  for (const [i, slope] of gradient(loss, trained).entries()) {
    // A bias of the keys moves all logits of a row alike.
    if (paths[i]?.endsWith('key.bias')) continue
    expect(largest(slope), paths[i]).toBeGreaterThan(1e-5)
  }
})

test('dropout acts on the embeddings, while training', () => {
  const model = small({ dropout: 0.5 })
  const text = ids([3, 1, 4])
  const { embedded } = model.forward(text, testContext(true).context)
  expect(valuesOf(embedded)).toContain(0)
  expect(valuesOf(model.forward(text, testContext(false).context).embedded)).not.toContain(0)
})

describe('how it starts', () => {
  const deviation = (x: tf.Tensor): number =>
    tf.sqrt(tf.moments(x).variance).dataSync()[0] as number
  const make = (order: 'pre' | 'post'): TextTransformer =>
    new TextTransformer(
      { vocabulary: 50, tokens: 8, features: 32, depth: 8, heads: 2, order },
      new Rng(1),
    )

  test.each(['pre', 'post'] as const)('order %s', (order) => {
    const { attention, feedForward } = make(order).blocks[7]!
    // 0.0176 is what truncation leaves of 0.02.
    expect(deviation(attention.query.weight.value)).toBeCloseTo(0.0176, 2.8)
    expect(deviation(feedForward.widen.weight.value)).toBeCloseTo(0.0176, 2.8)
    const writing = 0.0176 / (order === 'pre' ? 4 : 1)
    expect(deviation(attention.output.weight.value)).toBeCloseTo(writing, 2.8)
    expect(deviation(feedForward.narrow.weight.value)).toBeCloseTo(writing, 2.8)
  })

  test('slots', () => {
    const model = small({ segments: 2, embeddingNorm: true })
    const paths = [...slots(model).keys()]
    expect(paths.slice(0, 6)).toEqual([
      'embedding.weight',
      'positions.weight',
      'segments.weight',
      'embeddingNorm.weight',
      'embeddingNorm.bias',
      'blocks.0.attentionNorm.weight',
    ])
    expect(paths.at(-1)).toBe('norm.bias')
    expect(slots(small({ positions: 'alibi' })).has('positions.weight')).toBe(false)
  })
})

test('leaves nothing behind', () => {
  const before = tf.memory().numTensors
  const model = new TextTransformer(
    { vocabulary: 5, tokens: 4, features: 4, depth: 1, heads: 1, causal: true, segments: 2 },
    new Rng(1),
  )
  tf.tidy(() => {
    model.forward(ids([1, 2]))
  })
  model.dispose()
  expect(tf.memory().numTensors).toBe(before)
})

test('bad input', () => {
  const model = small()
  expect(() => model.forward(tf.zeros([1, 3]))).toThrow(
    'TextTransformer: ids: a float32 tensor of shape [1,3] came, expected int32 [batch, tokens]',
  )
  expect(() => model.forward(tf.zeros([3], 'int32'))).toThrow('expected int32 [batch, tokens]')
  expect(() => model.forward(tf.zeros([1, 0], 'int32'))).toThrow('expected int32 [batch, tokens]')
  for (const positions of kinds) {
    expect(() => small({ positions }).forward(tf.zeros([1, 7], 'int32'))).toThrow(
      'TextTransformer: ids: 7 tokens came, expected at most 6',
    )
  }
  const text = ids([1, 2, 3])
  expect(() => model.forward(text, undefined, { segments: text })).toThrow(
    'segments: a tensor came, expected none',
  )
  expect(() => small({ segments: 2 }).forward(text, undefined, { segments: ids([1]) })).toThrow(
    'TextTransformer: segments: shape [1,1] came, expected [1,3]',
  )
  expect(() => model.forward(text, undefined, { mask: tf.ones([1, 4]) })).toThrow(
    'TextTransformer: mask: shape [1,4] came, expected [batch, 3]',
  )
  expect(() => model.forward(text, undefined, { caches: model.newCaches(1) })).toThrow(
    'caches came, expected them with causal: true only',
  )
  const causal = small({ causal: true })
  const late = { caches: causal.newCaches(1), position: 4 }
  expect(() => causal.forward(text, undefined, late)).toThrow('7 tokens came, expected at most 6')
  expect(() => small({ rotary: true })).toThrow('rotary: options came')
  expect(() => small({ positions: 'rope' as 'rotary' })).toThrow("positions: 'rope' is not known")
  expect(() => small({ positions: 'rotary', heads: 8 })).toThrow('rotary: size: 1 came')
  expect(() => small({ vocabulary: 0 })).toThrow('TextTransformer: vocabulary: 0 came')
})
