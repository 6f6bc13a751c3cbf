import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { Rng, slots } from '@winnow/core'
import { describe, expect, test } from 'vitest'
import { expectClose, normal } from '../testing/values.ts'
import { Transformer, type TransformerConfig } from './transformer.ts'

function small(options: Partial<TransformerConfig> = {}): Transformer {
  return new Transformer({ depth: 3, features: 4, heads: 2, hidden: 6, ...options }, new Rng(1))
}

describe('named intermediates', () => {
  test('are the blocks one after another, and the norm at the end', () => {
    const model = small()
    const x = normal([2, 3, 4])
    const { blocks, last } = model.intermediates(x)
    expect(blocks).toHaveLength(3)
    let tokens = x
    for (const [i, block] of model.blocks.entries()) {
      tokens = block.forward(tokens)
      expectClose(blocks[i] as tf.Tensor, tokens, 0)
    }
    expectClose(last, model.norm!.forward(tokens), 0)
    expectClose(model.forward(x), last, 0)
  })

  test('a post-norm transformer ends with its last block', () => {
    const model = small({ order: 'post' })
    expect(model.norm).toBeUndefined()
    const { blocks, last } = model.intermediates(normal([2, 3, 4]))
    expect(last).toBe(blocks[2])
    expect(small({ order: 'post', finalNorm: true }).norm).toBeDefined()
    expect(small({ finalNorm: false }).norm).toBeUndefined()
  })
})

test('drop path grows linearly', () => {
  const rates = (options: Partial<TransformerConfig>): (number | undefined)[] =>
    small(options).blocks.map((block) => block.config.dropPath)
  expect(rates({ dropPath: 0.2 })).toEqual([0, 0.1, 0.2])
  expect(rates({ dropPath: 0.2, depth: 1 })).toEqual([0.2])
  expect(rates({})).toEqual([0, 0, 0])
})

test('each block is observed', () => {
  const seen: [number, number[]][] = []
  small().forward(normal([2, 3, 4]), undefined, {
    observe: (block, { maps }) => seen.push([block, maps.shape]),
  })
  expect(seen).toEqual([0, 1, 2].map((block) => [block, [2, 2, 3, 3]]))
})

test('tokens can be replaced at every place, for all that follows', () => {
  const model = small()
  const x = normal([2, 3, 4])
  const plain = model.intermediates(x)
  const places: string[] = []
  const same = model.intermediates(x, undefined, {
    edit: (place, tokens) => {
      places.push(place)
      return tf.clone(tokens)
    },
  })
  expect(places).toEqual(['embedded', 'blocks.0', 'blocks.1', 'blocks.2', 'last'])
  expectClose(same.last, plain.last, 0)
  const other = normal([2, 3, 4], 5)
  const edited = model.intermediates(x, undefined, {
    edit: (place) => (place === 'blocks.1' ? other : undefined),
  })
  expectClose(edited.blocks[0] as tf.Tensor, plain.blocks[0] as tf.Tensor, 0)
  expect(edited.blocks[1]).toBe(other)
  expectClose(edited.last, model.norm!.forward(model.blocks[2]!.forward(other)))
  expect(() => model.forward(x, undefined, { edit: () => tf.zeros([2, 3, 5]) })).toThrow(
    'edit: shape [2,3,5] came at embedded, expected [2,3,4]',
  )
})

test('slots are paths by block; blocks start with weights of their own', () => {
  const model = small()
  const paths = [...slots(model).keys()]
  expect(paths).toContain('blocks.0.attention.query.weight')
  expect(paths.at(-1)).toBe('norm.bias')
  const [a, b] = model.blocks.map((block) => block.feedForward.widen.weight.value)
  expect(tf.sum(tf.abs(tf.sub(a!, b!))).dataSync()[0]).toBeGreaterThan(1)
})

test('bad input', () => {
  expect(() => small({ depth: 0 })).toThrow('Transformer: depth: 0 came')
  expect(() => small().forward(normal([2, 3, 4]), undefined, { caches: [] })).toThrow(
    'Transformer: 0 caches came, expected one for each of 3 blocks',
  )
})
