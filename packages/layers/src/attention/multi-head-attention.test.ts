import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { parameters, Rng, slots } from '@winnow/core'
import { describe, expect, test } from 'vitest'
import { rotary } from '../position/rotary.ts'
import { checkLayerGradient } from '../testing/layer-gradient.ts'
import { testContext } from '../testing/test-context.ts'
import { expectClose, normal, reader, sumOf, tabulate, valuesOf } from '../testing/values.ts'
import { causalMask } from './masks.ts'
import {
  type AttentionSeen,
  MultiHeadAttention,
  type MultiHeadAttentionConfig,
} from './multi-head-attention.ts'

/** With biases that are not zero. */
function attention(options: Partial<MultiHeadAttentionConfig> = {}): MultiHeadAttention {
  const layer = new MultiHeadAttention({ features: 8, heads: 4, ...options }, new Rng(1))
  let seed = 10
  for (const [path, slot] of parameters(layer)) {
    if (path.endsWith('bias')) slot.assign(normal(slot.shape, seed++))
  }
  return layer
}

/** The definition, as loops over heads, queries, keys and features. */
function byLoops(layer: MultiHeadAttention, x: tf.Tensor, memory: tf.Tensor = x): tf.Tensor {
  const { features, heads, keyValueHeads = heads, rotary: turns } = layer.config
  const size = features / heads
  const [batch, tokens] = x.shape as [number, number]
  const keyCount = memory.shape[1] as number
  const project = (part: 'query' | 'key' | 'value' | 'output', from: tf.Tensor): tf.Tensor => {
    const [at, weight] = [reader(from), reader(layer[part].weight.value)]
    const bias = layer[part].bias
    const [inputs, outputs] = layer[part].weight.shape as [number, number]
    return tabulate(
      [...from.shape.slice(0, 2), outputs],
      (n, i, o) =>
        sumOf(inputs, (k) => at(n, i, k) * weight(k, o)) + (bias ? reader(bias.value)(o) : 0),
    )
  }
  const headsOf = (t: tf.Tensor, count: number, turned: boolean) => {
    const at = reader(t)
    const split = tabulate([batch, count, t.shape[1] as number, size], (n, h, i, k) =>
      at(n, i, h * size + k),
    )
    return reader(turned ? rotary(split) : split)
  }
  const q = headsOf(project('query', x), heads, turns === true)
  const k = headsOf(project('key', memory), keyValueHeads, turns === true)
  const v = headsOf(project('value', memory), keyValueHeads, false)
  const shared = heads / keyValueHeads
  const mixed = tabulate([batch, tokens, features], (n, i, feature) => {
    const [h, f] = [Math.floor(feature / size), feature % size]
    const g = Math.floor(h / shared)
    const weights = Array.from({ length: keyCount }, (_, j) =>
      Math.exp(sumOf(size, (e) => q(n, h, i, e) * k(n, g, j, e)) / Math.sqrt(size)),
    )
    const total = weights.reduce((a, b) => a + b, 0)
    return sumOf(keyCount, (j) => ((weights[j] as number) / total) * v(n, g, j, f))
  })
  return project('output', mixed)
}

describe('agrees with loops', () => {
  const x = normal([2, 5, 8])
  test.each<[string, Partial<MultiHeadAttentionConfig>]>([
    ['as it comes', {}],
    ['one head', { heads: 1 }],
    ['two heads of keys and values', { keyValueHeads: 2 }],
    ['one head of keys and values', { keyValueHeads: 1 }],
    ['no biases', { bias: false }],
    ['rotary', { rotary: true }],
    ['rotary with shared keys', { rotary: true, keyValueHeads: 2 }],
  ])('%s', (_, options) => {
    const layer = attention(options)
    expectClose(layer.forward(x), byLoops(layer, x), 1e-6)
  })

  test('a memory of another width and length', () => {
    const layer = attention({ memoryFeatures: 3, keyValueHeads: 2 })
    const memory = normal([2, 7, 3], 3)
    expectClose(layer.forward(x, undefined, { memory }), byLoops(layer, x, memory), 1e-6)
  })

  test('a sequence of one token gives its own value', () => {
    const layer = attention()
    const one = normal([3, 1, 8])
    expectClose(layer.forward(one), layer.output.forward(layer.value.forward(one)), 1e-6)
    const causal = layer.forward(one, undefined, { mask: causalMask(1) })
    expectClose(causal, layer.forward(one), 1e-7)
  })
})

describe('gradients', () => {
  const x = normal([1, 3, 4])
  test.each<[string, Partial<MultiHeadAttentionConfig>]>([
    ['as it comes', { features: 4, heads: 2 }],
    ['shared keys and rotary', { features: 4, heads: 2, keyValueHeads: 1, rotary: true }],
  ])('%s', (_, options) => {
    checkLayerGradient(attention(options), x)
  })

  test('in the memory, and under a mask', () => {
    const layer = attention({ features: 4, heads: 2 })
    const memory = normal([1, 3, 4], 5)
    const mask = causalMask(3)
    const module = Object.assign(layer, {})
    const forward = module.forward.bind(module)
    module.forward = (m) => forward(x, undefined, { memory: m, mask })
    checkLayerGradient(module, memory)
  })
})

test('causal: changing a later token leaves the bytes of earlier outputs', () => {
  const layer = attention({ rotary: true, keyValueHeads: 2 })
  const run = (x: tf.Tensor): number[] =>
    valuesOf(layer.forward(x, undefined, { mask: causalMask(6) }))
  const x = normal([1, 6, 8])
  for (const changed of [1, 3, 5]) {
    const other = tabulate([1, 6, 8], (_, i, k) => reader(x)(0, i, k) + (i === changed ? 3 : 0))
    const [before, after] = [run(x), run(other)]
    expect(after.slice(0, changed * 8)).toEqual(before.slice(0, changed * 8))
    expect(after.slice(changed * 8, changed * 8 + 8)).not.toEqual(
      before.slice(changed * 8, changed * 8 + 8),
    )
  }
})

test('dropout acts on the maps, while training only, and is not observed', () => {
  const layer = attention({ heads: 1, dropout: 0.5 })
  const plain = attention({ heads: 1 })
  const x = normal([4, 6, 8])
  const seen: AttentionSeen[] = []
  const observe = (tensors: AttentionSeen): unknown => seen.push(tensors)
  const expected = valuesOf(plain.forward(x))
  expect(valuesOf(layer.forward(x, testContext(false).context))).toEqual(expected)
  expect(valuesOf(layer.forward(x, testContext(true).context, { observe }))).not.toEqual(expected)
  const maps = reader(seen[0]!.maps)
  for (let i = 0; i < 6; i++) expect(sumOf(6, (j) => maps(0, 0, i, j))).toBeCloseTo(1, 5)
  // With one value for all keys, a query gets it as often as the maps' kept half weighs, twice.
  layer.value.weight.assign(tf.zeros([8, 8]))
  layer.value.bias!.assign(tf.ones([8]))
  layer.output.weight.assign(tf.eye(8))
  layer.output.bias!.assign(tf.zeros([8]))
  const weights = valuesOf(layer.forward(x, testContext(true).context))
  expect(Math.max(...weights)).toBeGreaterThan(1.2)
  expect(Math.min(...weights)).toBeLessThan(0.8)
})

test('what is observed: shapes, and maps that give the result', () => {
  const layer = attention({ keyValueHeads: 2 })
  let seen: AttentionSeen | undefined
  const x = normal([2, 5, 8])
  const result = layer.forward(x, undefined, {
    observe: (tensors) => {
      seen = tensors
    },
  })
  const { queries, keys, values, logits, maps } = seen!
  expect([queries, keys, values, logits, maps].map((t) => t.shape)).toEqual([
    [2, 4, 5, 2],
    [2, 2, 5, 2],
    [2, 2, 5, 2],
    [2, 4, 5, 5],
    [2, 4, 5, 5],
  ])
  expectClose(maps, tf.softmax(logits), 1e-6)
  const [share, v] = [reader(maps), reader(values)]
  const mixed = tabulate([2, 5, 8], (n, i, f) => {
    const [h, e] = [Math.floor(f / 2), f % 2]
    return sumOf(5, (j) => share(n, h, i, j) * v(n, Math.floor(h / 2), j, e))
  })
  expectClose(result, layer.output.forward(mixed), 1e-6)
})

test('slots, and how many numbers shared keys save', () => {
  const shapes = (layer: MultiHeadAttention): [string, readonly number[]][] =>
    [...slots(layer)].map(([path, { slot }]) => [path, slot.shape])
  expect(shapes(attention({ keyValueHeads: 1, outputBias: false }))).toEqual([
    ['query.weight', [8, 8]],
    ['query.bias', [8]],
    ['key.weight', [8, 2]],
    ['key.bias', [2]],
    ['value.weight', [8, 2]],
    ['value.bias', [2]],
    ['output.weight', [8, 8]],
  ])
  expect(shapes(attention({ bias: false })).map(([path]) => path)).toEqual([
    'query.weight',
    'key.weight',
    'value.weight',
    'output.weight',
  ])
})

describe('bad input', () => {
  const build = (options: Partial<MultiHeadAttentionConfig>) => (): unknown => attention(options)
  const run =
    (x: tf.Tensor, options = {}, config: Partial<MultiHeadAttentionConfig> = {}) =>
    (): unknown =>
      attention(config).forward(x, undefined, options)
  const x = tf.zeros([2, 3, 8])
  test.each<[string, () => unknown, string]>([
    ['heads that do not divide', build({ heads: 3 }), 'heads: 3 came, expected a divisor of 8'],
    ['no heads', build({ heads: 0 }), 'MultiHeadAttention: heads: 0 came'],
    [
      'key heads that do not divide',
      build({ keyValueHeads: 3 }),
      'keyValueHeads: 3 came, expected a divisor of 4 heads',
    ],
    ['an odd rotary width', build({ heads: 8, rotary: true }), 'rotary: size: 1 came, expected an'],
    ['a rotary base', build({ rotary: { base: 1 } }), 'rotary: base: 1 came'],
    ['dropout of all', build({ dropout: 1 }), 'Dropout: rate: 1 came'],
    ['another width', run(tf.zeros([2, 3, 7])), 'input of shape [2,3,7] came, expected [batch,'],
    ['no tokens', run(tf.zeros([2, 0, 8])), 'input of shape [2,0,8] came'],
    ['no batch', run(tf.zeros([3, 8])), 'input of shape [3,8] came'],
    [
      'no memory of another width',
      run(x, {}, { memoryFeatures: 3 }),
      'input of shape [2,3,8] came, expected [batch, tokens, 3]',
    ],
    ['a memory of another width', run(x, { memory: tf.zeros([2, 3, 7]) }), 'a memory of shape [2,'],
    ['a memory of another batch', run(x, { memory: tf.zeros([1, 3, 8]) }), 'a batch of 1 came'],
    [
      'a memory and rotary positions',
      run(x, { memory: x }, { rotary: true }),
      'memory: one came, expected none with rotary positions',
    ],
    [
      'a mask',
      run(x, { mask: tf.ones([3, 2]) }),
      'mask: shape [3,2] came, expected what broadcasts',
    ],
  ])('%s', (_, make, message) => {
    expect(make).toThrow(message)
  })
})
