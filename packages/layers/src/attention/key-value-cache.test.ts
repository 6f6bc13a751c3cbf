import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { compile, Rng, states, useBackend } from '@winnow/core'
import { afterAll, describe, expect, test } from 'vitest'
import { alibi } from '../position/alibi.ts'
import { expectClose, normal, valuesOf } from '../testing/values.ts'
import { KeyValueCache } from './key-value-cache.ts'
import { causalMask, windowMask } from './masks.ts'
import { MultiHeadAttention, type MultiHeadAttentionConfig } from './multi-head-attention.ts'

const [batch, tokens, capacity] = [2, 7, 9]
const x = normal([batch, tokens, 8])
const part = (first: number, count: number): tf.Tensor =>
  tf.slice(x, [0, first, 0], [batch, count, 8])

function attention(options: Partial<MultiHeadAttentionConfig> = {}): MultiHeadAttention {
  return new MultiHeadAttention({ features: 8, heads: 4, ...options }, new Rng(1))
}

describe('agrees with attention over all tokens at once', () => {
  const plans: [string, number[]][] = [
    ['token by token', [1, 1, 1, 1, 1, 1, 1]],
    ['a prefill, then token by token', [4, 1, 1, 1]],
    ['in pieces', [2, 3, 2]],
    ['all at once', [7]],
  ]
  const layers: [string, Partial<MultiHeadAttentionConfig>][] = [
    ['as it comes', {}],
    ['rotary, with shared keys', { rotary: true, keyValueHeads: 2 }],
  ]
  const cases = plans.flatMap(([name, plan]) =>
    layers.map(([kind, options]) => [`${name}, ${kind}`, plan, options] as const),
  )
  test.each(cases)('%s', (_, plan, options) => {
    const layer = attention(options)
    const whole = layer.forward(x, undefined, { mask: causalMask(tokens) })
    for (const asTensor of [false, true]) {
      const cache = layer.newCache({ batch, capacity })
      let first = 0
      const pieces = plan.map((count) => {
        const position = asTensor ? tf.scalar(first, 'int32') : first
        const piece = layer.forward(part(first, count), undefined, { cache, position })
        first += count
        return piece
      })
      expectClose(tf.concat(pieces, 1), whole, 1e-6)
    }
  })

  test('with a bias and a mask over all places of the cache', () => {
    const layer = attention()
    const near = windowMask(capacity, 2)
    const whole = layer.forward(x, undefined, {
      mask: tf.logicalAnd(causalMask(tokens), windowMask(tokens, 2)),
      bias: alibi(4, tokens),
    })
    const cache = layer.newCache({ batch, capacity })
    const pieces = Array.from({ length: tokens }, (_, i) =>
      layer.forward(part(i, 1), undefined, {
        cache,
        position: i,
        mask: tf.slice(near, [i, 0], [1, capacity]),
        bias: alibi(4, 1, capacity, { position: tf.scalar(i, 'int32') }),
      }),
    )
    expectClose(tf.concat(pieces, 1), whole, 1e-6)
  })
})

test('a new sequence starts at position 0, whatever was there before', () => {
  const layer = attention()
  const cache = layer.newCache({ batch, capacity: tokens })
  layer.forward(tf.mul(x, 5), undefined, { cache, position: 0 })
  const again = layer.forward(part(0, 3), undefined, { cache, position: 0 })
  expectClose(again, layer.forward(part(0, 3), undefined, { mask: causalMask(3) }), 1e-6)
})

test('is filled to the last place, and keeps the others as they are', () => {
  const cache = new KeyValueCache({ batch: 1, heads: 2, capacity: 3, size: 2 })
  const before = normal([1, 2, 3, 2], 3)
  cache.append(before, before, 0)
  const added = normal([1, 2, 2, 2], 4)
  const { keys, values } = cache.append(added, tf.neg(added), tf.scalar(1, 'int32'))
  const first = tf.slice(before, [0, 0, 0, 0], [1, 2, 1, 2])
  expect(valuesOf(keys)).toEqual(valuesOf(tf.concat([first, added], 2)))
  expect(valuesOf(values)).toEqual(valuesOf(tf.concat([first, tf.neg(added)], 2)))
  expect([...states(cache).keys()]).toEqual(['keys', 'values'])
})

test('no leak over many steps', () => {
  const layer = attention({ rotary: true })
  const cache = layer.newCache({ batch, capacity })
  const step = (i: number): void => {
    tf.tidy(() => {
      layer.forward(part(i, 1), undefined, { cache, position: i })
    })
  }
  step(0)
  const before = tf.memory().numTensors
  for (let i = 1; i < tokens; i++) step(i)
  expect(tf.memory().numTensors).toBe(before)
  cache.dispose()
  expect(tf.memory().numTensors).toBe(before - 2)
})

describe('compiled', () => {
  afterAll(async () => {
    await useBackend('cpu')
  })

  test.each(['cpu', 'onnx', 'wasm'] as const)(
    'one trace for all positions: %s',
    async (backend) => {
      await useBackend('cpu')
      const options = { rotary: true, keyValueHeads: 2 }
      const expected = valuesOf(
        attention(options).forward(x, undefined, { mask: causalMask(tokens) }),
      )
      const inputs = Array.from({ length: tokens }, (_, i) => part(i, 1).dataSync())
      const prompt = part(0, 3).dataSync()

      await useBackend(backend)
      using layer = attention(options)
      using cache = layer.newCache({ batch, capacity })
      using step = compile(
        (token: tf.Tensor, position: tf.Tensor) =>
          layer.forward(token, undefined, { cache, position }),
        { modules: [layer, cache] },
      )
      const run = async (values: ArrayLike<number>, count: number, first: number) => {
        const token = tf.tensor(Float32Array.from(values), [batch, count, 8])
        const position = tf.scalar(first, 'int32')
        const result = await step(token, position)
        const numbers = Array.from(await result.data())
        tf.dispose([token, position, result])
        return numbers
      }
      const close = (found: number[], first: number, count: number): void => {
        const rows = Array.from({ length: batch }, (_, n) =>
          expected.slice((n * tokens + first) * 8, (n * tokens + first + count) * 8),
        ).flat()
        for (const [i, value] of found.entries()) {
          expect(Math.abs(value - (rows[i] as number))).toBeLessThan(1e-5)
        }
      }
      close(await run(prompt, 3, 0), 0, 3)
      for (let i = 3; i < tokens; i++) close(await run(inputs[i]!, 1, i), i, 1)
      // One for the prompt, one for single tokens; none where nothing is traced.
      expect(step.traces).toBe(backend === 'onnx' ? 2 : 0)
    },
  )
})

describe('bad input', () => {
  const layer = attention()
  const run = (count: number, options: object) => (): unknown =>
    layer.forward(part(0, count), undefined, {
      cache: layer.newCache({ batch, capacity: 4 }),
      ...options,
    })
  test.each<[string, () => unknown, string]>([
    ['no position', run(1, {}), 'position: nothing came, expected the place of the first token'],
    ['overflow', run(3, { position: 2 }), '3 tokens from position 2 on came, expected them to end'],
    ['a prompt beyond the capacity', run(5, { position: 0 }), 'within the capacity of 4'],
    ['the same, with a tensor', run(5, { position: tf.scalar(0) }), 'within the capacity of 4'],
    ['a negative position', run(1, { position: -1 }), '1 tokens from position -1 on came'],
    ['half a position', run(1, { position: 0.5 }), '1 tokens from position 0.5 on came'],
    ['positions', run(2, { position: tf.zeros([2]) }), 'position: a tensor of shape [2] came'],
    [
      'a memory',
      run(2, { position: 0, memory: x }),
      'memory: one came, expected none with a cache',
    ],
    [
      'a mask for the new tokens only',
      run(2, { position: 0, mask: tf.ones([2, 3]) }),
      'mask: shape [2,3] came, expected what broadcasts to [batch, heads, queries, keys]',
    ],
    [
      'a bias for the new tokens only',
      run(2, { position: 0, bias: alibi(4, 2) }),
      'bias: shape [4,2,2] came, expected what broadcasts to [batch, heads, queries, keys]',
    ],
    [
      'another batch',
      () =>
        layer.forward(part(0, 1), undefined, {
          cache: layer.newCache({ batch: 3, capacity }),
          position: 0,
        }),
      'keys or values of shape [2,4,1,2] came, expected [3, 4, tokens, 2]',
    ],
    [
      'no capacity',
      () => layer.newCache({ batch, capacity: 0 }),
      'KeyValueCache: capacity: 0 came, expected a whole number >= 1',
    ],
  ])('%s', (_, call, message) => {
    expect(call).toThrow(message)
  })
})
