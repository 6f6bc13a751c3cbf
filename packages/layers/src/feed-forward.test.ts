import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { parameters, Rng, slots } from '@winnow/core'
import { describe, expect, test } from 'vitest'
import { type ActivationName, activation } from './activation.ts'
import { FeedForward } from './feed-forward.ts'
import { checkLayerGradient } from './testing/layer-gradient.ts'
import { testContext } from './testing/test-context.ts'
import { expectClose, normal, reader, sumOf, tabulate, valuesOf } from './testing/values.ts'

/** With biases that are not zero. */
function feedForward(options: { activation?: ActivationName; gated?: boolean }): FeedForward {
  const layer = new FeedForward({ features: 3, hidden: 5, ...options }, new Rng(1))
  let seed = 2
  for (const [path, slot] of parameters(layer)) {
    if (path.endsWith('bias')) slot.assign(normal(slot.shape, seed++))
  }
  return layer
}

describe('agrees with loops', () => {
  test.each<[boolean, ActivationName]>([
    [false, 'gelu'],
    [false, 'relu'],
    [true, 'silu'],
    [true, 'gelu'],
    [true, 'sigmoid'],
  ])('gated %s, %s', (gated, name) => {
    const layer = feedForward({ gated, activation: name })
    const x = normal([2, 4, 3])
    const values = new Map([...slots(layer)].map(([path, { slot }]) => [path, reader(slot.value)]))
    const at = reader(x)
    const product = (part: string) =>
      tabulate(
        [2, 4, 5],
        (n, i, h) =>
          sumOf(3, (k) => at(n, i, k) * values.get(`${part}.weight`)!(k, h)) +
          values.get(`${part}.bias`)!(h),
      )
    const act = activation(name)
    const hidden = reader(
      gated ? tf.mul(act(product('gate')), product('widen')) : act(product('widen')),
    )
    const expected = tabulate(
      [2, 4, 3],
      (n, i, k) =>
        sumOf(5, (h) => hidden(n, i, h) * values.get('narrow.weight')!(h, k)) +
        values.get('narrow.bias')!(k),
    )
    expectClose(layer.forward(x), expected, 1e-6)
  })
})

test('gradients', () => {
  checkLayerGradient(feedForward({}), normal([2, 3]))
  checkLayerGradient(feedForward({ gated: true, activation: 'silu' }), normal([2, 3]))
})

test('slots', () => {
  const paths = (layer: FeedForward): string[] => [...slots(layer).keys()]
  expect(paths(feedForward({}))).toEqual([
    'widen.weight',
    'widen.bias',
    'narrow.weight',
    'narrow.bias',
  ])
  const bare = new FeedForward({ features: 3, hidden: 5, gated: true, bias: false }, new Rng(1))
  expect(paths(bare)).toEqual(['widen.weight', 'gate.weight', 'narrow.weight'])
})

test('dropout of the result, while training', () => {
  const layer = new FeedForward({ features: 8, hidden: 5, dropout: 0.5 }, new Rng(1))
  const x = normal([4, 8])
  const plain = valuesOf(layer.forward(x, testContext(false).context))
  const dropped = valuesOf(layer.forward(x, testContext(true).context))
  expect(dropped).toContain(0)
  for (const [i, value] of dropped.entries()) {
    if (value !== 0) expect(value).toBeCloseTo(2 * (plain[i] as number), 5)
  }
})

test('bad input', () => {
  expect(() => feedForward({}).forward(tf.zeros([2, 4]))).toThrow('expected [batch, ..., 3]')
  expect(() => new FeedForward({ features: 3, hidden: 0 }, new Rng(1))).toThrow(
    'FeedForward: hidden: 0 came',
  )
  expect(() => feedForward({ activation: 'gelo' as ActivationName })).toThrow(
    "Did you mean 'gelu'?",
  )
})
