import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { parameters, Rng, slots } from '@winnow/core'
import { checkGradient } from '@winnow/core/testing'
import { describe, expect, test } from 'vitest'
import { checkLayerGradient } from '../testing/layer-gradient.ts'
import { testContext } from '../testing/test-context.ts'
import { expectClose, normal, valuesOf } from '../testing/values.ts'
import { TransformerBlock, type TransformerBlockConfig } from './transformer-block.ts'

/** A small block whose norms, biases and scales are not what they start as. */
function smallBlock(options: Partial<TransformerBlockConfig> = {}): TransformerBlock {
  const block = new TransformerBlock({ features: 4, heads: 2, hidden: 6, ...options }, new Rng(1))
  let seed = 10
  for (const slot of parameters(block).values()) {
    if (slot.shape.length === 1) slot.assign(tf.add(slot.value, normal(slot.shape, seed++)))
  }
  return block
}

const x = (): tf.Tensor => normal([2, 3, 4], 5)

describe('the order of norms and branches', () => {
  test('pre', () => {
    const block = smallBlock()
    const y = tf.add(x(), block.attention.forward(block.attentionNorm.forward(x())))
    const z = tf.add(y, block.feedForward.forward(block.feedForwardNorm.forward(y)))
    expectClose(block.forward(x()), z, 0)
  })

  test('post', () => {
    const block = smallBlock({ order: 'post', norm: 'rms' })
    const y = block.attentionNorm.forward(tf.add(x(), block.attention.forward(x())))
    const z = block.feedForwardNorm.forward(tf.add(y, block.feedForward.forward(y)))
    expectClose(block.forward(x()), z, 0)
  })

  test('cross-attention stands between', () => {
    const block = smallBlock({ crossAttention: { features: 5 } })
    const memory = normal([2, 4, 5], 6)
    const memoryMask = tf.tensor([1, 1, 0, 1], [1, 1, 1, 4])
    const a = tf.add(x(), block.attention.forward(block.attentionNorm.forward(x())))
    const seen = block.memoryNorm!.forward(a)
    const b = tf.add(
      a,
      block.memoryAttention!.forward(seen, undefined, { memory, mask: memoryMask }),
    )
    const c = tf.add(b, block.feedForward.forward(block.feedForwardNorm.forward(b)))
    expectClose(block.forward(x(), undefined, { memory, memoryMask }), c, 0)
  })

  test('layer scale multiplies each branch', () => {
    const block = smallBlock({ layerScale: 0.1 })
    const { attention, feedForward } = block.layerScale
    const y = tf.add(
      x(),
      tf.mul(block.attention.forward(block.attentionNorm.forward(x())), attention!.value),
    )
    const branch = block.feedForward.forward(block.feedForwardNorm.forward(y))
    expectClose(block.forward(x()), tf.add(y, tf.mul(branch, feedForward!.value)), 0)
  })
})

test('the mask goes to self-attention', () => {
  const block = smallBlock()
  const mask = tf.tensor([1, 1, 0], [1, 1, 1, 3])
  const changed = tf.add(x(), tf.tensor([0, 0, 1], [1, 3, 1]))
  const [a, b] = [x(), changed].map((tokens) => block.forward(tokens, undefined, { mask }))
  const first = (y: tf.Tensor): number[] => valuesOf(tf.slice(y, 0, [2, 2, 4]))
  const others = (y: tf.Tensor): tf.Tensor => tf.slice(y, [0, 0, 0], [2, 2, 4])
  expectClose(others(a!), others(b!), 0)
  expect(first(a!)).not.toEqual(first(block.forward(x())))
})

describe('gradients', () => {
  test.each<[string, Partial<TransformerBlockConfig>]>([
    ['pre', {}],
    ['post, gated, with layer scale', { order: 'post', gated: true, layerScale: 0.5 }],
  ])('%s', (_, options) => {
    checkLayerGradient(smallBlock({ hidden: 3, epsilon: 0.1, ...options }), normal([1, 3, 4], 5), {
      tolerance: 1e-3,
    })
  })

  test('through the memory', () => {
    const block = smallBlock({ crossAttention: { features: 3 }, epsilon: 0.1 })
    const tokens = normal([1, 2, 4], 5)
    checkGradient((memory) => block.forward(tokens, undefined, { memory }), [normal([1, 3, 3], 6)])
  })
})

test('drop path leaves out each branch for some examples, while training', () => {
  const block = smallBlock({ dropPath: 0.5 })
  const one = normal([1, 3, 4], 5)
  const many = tf.tile(one, [64, 1, 1])
  const y = block.forward(many, testContext(true).context)
  const rows = tf.unstack(tf.reshape(y, [64, 12])).map((row) => valuesOf(row))
  const branch = (tokens: tf.Tensor, part: 'attention' | 'feedForward'): tf.Tensor =>
    tf.add(tokens, tf.mul(2, block[part].forward(block[`${part}Norm`].forward(tokens))))
  const attended = branch(one, 'attention')
  const outcomes = [one, attended, branch(one, 'feedForward'), branch(attended, 'feedForward')]
  const counts = outcomes.map(
    (outcome) =>
      rows.filter((row) =>
        valuesOf(outcome).every((value, i) => Math.abs(value - (row[i] as number)) < 1e-4),
      ).length,
  )
  expect(counts.reduce((a, b) => a + b)).toBe(64)
  // Binomial of 64 and 1/4: two deviations are 7.
  for (const count of counts) expect(Math.abs(count - 16)).toBeLessThan(9)
  expectClose(block.forward(many, testContext(false).context), block.forward(many), 0)
})

test('dropout acts on the branches, while training alone', () => {
  const block = smallBlock({ dropout: 0.5 })
  const { context } = testContext(true)
  expect(valuesOf(block.forward(x(), context))).not.toEqual(valuesOf(block.forward(x())))
  expectClose(block.forward(x(), testContext(false).context), block.forward(x()), 0)
})

test('one token', () => {
  const block = smallBlock()
  for (const value of valuesOf(block.forward(normal([2, 1, 4])))) expect(value).not.toBeNaN()
})

test('slots', () => {
  const paths = (block: TransformerBlock): string[] => [...slots(block).keys()]
  const bare = paths(smallBlock({ norm: 'rms', bias: false }))
  expect(bare).toEqual([
    'attentionNorm.weight',
    'attention.query.weight',
    'attention.key.weight',
    'attention.value.weight',
    'attention.output.weight',
    'feedForwardNorm.weight',
    'feedForward.widen.weight',
    'feedForward.narrow.weight',
  ])
  const full = paths(smallBlock({ crossAttention: { features: 3 }, layerScale: 1, gated: true }))
  expect(full).toContain('memoryAttention.key.bias')
  expect(full).toContain('memoryNorm.bias')
  expect(full).toContain('feedForward.gate.bias')
  expect(full.slice(-3)).toEqual([
    'layerScale.attention',
    'layerScale.memory',
    'layerScale.feedForward',
  ])
})

test('leaves nothing behind', () => {
  const before = tf.memory().numTensors
  const block = new TransformerBlock(
    { features: 4, heads: 2, crossAttention: { features: 3 }, layerScale: 0.1 },
    new Rng(1),
  )
  tf.tidy(() => {
    block.forward(x(), testContext(true).context, { memory: normal([2, 2, 3]) })
  })
  block.dispose()
  expect(tf.memory().numTensors).toBe(before)
})

test('bad input', () => {
  const block = smallBlock()
  expect(() => block.forward(tf.zeros([2, 3, 5]))).toThrow(
    'TransformerBlock: an input of shape [2,3,5] came, expected [batch, tokens, 4]',
  )
  expect(() => block.forward(tf.zeros([3, 4]))).toThrow('expected [batch, tokens, 4]')
  expect(() => block.forward(x(), undefined, { memory: x() })).toThrow(
    'TransformerBlock: memory: a tensor came, expected none',
  )
  expect(() => smallBlock({ crossAttention: { features: 5 } }).forward(x())).toThrow(
    'TransformerBlock: memory: nothing came',
  )
  expect(() => smallBlock({ heads: 3 })).toThrow(/heads/)
  expect(() => smallBlock({ order: 'past' as 'post' })).toThrow("Did you mean 'post'?")
  expect(() => smallBlock({ norm: 'rmt' as 'rms' })).toThrow("norm: 'rmt' is not known")
  expect(() => smallBlock({ dropPath: 1 })).toThrow('DropPath: rate: 1 came')
  expect(() => smallBlock({ features: 0 })).toThrow('TransformerBlock: features: 0 came')
})
