import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { compile, Rng, slots, states, useBackend } from '@winnow/core'
import { describe, expect, test } from 'vitest'
import { patchify } from '../patch/patchify.ts'
import { sinCosPositions } from '../position/sin-cos.ts'
import { expectClose, normal, valuesOf } from '../testing/values.ts'
import { VisionTransformer, type VisionTransformerConfig } from './vision-transformer.ts'

function small(options: Partial<VisionTransformerConfig> = {}): VisionTransformer {
  return new VisionTransformer(
    { image: [8, 12, 3], patch: 4, features: 8, depth: 2, heads: 2, ...options },
    new Rng(1),
  )
}

describe('shapes', () => {
  test('of an image', () => {
    const model = small()
    const result = model.forward(normal([5, 8, 12, 3]))
    expect(model.grid).toEqual([2, 3])
    expect(result.class?.shape).toEqual([5, 8])
    expect(result.tokens.shape).toEqual([5, 6, 8])
    expect(result.blocks.map(({ shape }) => shape)).toEqual([
      [5, 7, 8],
      [5, 7, 8],
    ])
  })

  test.each<[number[], number | number[], number, number]>([
    [[12, 2], 3, 8, 4],
    [[4, 6, 8, 1], [2, 3, 4], 12, 8],
    [[4, 4, 1], 4, 8, 1],
  ])('of %j with patch %j and no class token', (image, patch, features, count) => {
    const model = small({ image, patch, features, classToken: false })
    const result = model.forward(normal([2, ...image]))
    expect(result.class).toBeUndefined()
    expect(result.tokens.shape).toEqual([2, count, features])
    expect(result.blocks[1]?.shape).toEqual([2, count, features])
  })
})

describe('agrees with calls by hand', () => {
  test.each(['sinCos', 'learned'] as const)('%s positions', (positions) => {
    const model = small({ positions })
    const x = normal([2, 8, 12, 3])
    const table = slots(model).get('positions.weight')!.slot.value
    const patches = model.patchEmbedding.forward(patchify(x, 4))
    expectClose(model.embed(x), tf.add(patches, tf.slice(table, 1)), 0)
    const first = tf.add(model.classToken!.value, tf.slice(table, 0, 1))
    const firsts = tf.stack([first, first])
    let tokens: tf.Tensor = tf.concat([firsts, tf.add(patches, tf.slice(table, 1))], 1)
    const { class: token, tokens: last, blocks } = model.forward(x)
    for (const [i, block] of model.blocks.entries()) {
      tokens = block.forward(tokens)
      expectClose(blocks[i] as tf.Tensor, tokens, 0)
    }
    const normed = model.norm!.forward(tokens)
    expectClose(token as tf.Tensor, tf.squeeze(tf.slice(normed, [0, 0, 0], [2, 1, 8]), [1]), 0)
    expectClose(last, tf.slice(normed, [0, 1, 0]), 0)
  })
})

describe('order', () => {
  test('permuting patches together with their positions permutes the outputs', () => {
    const model = small()
    const tokens = model.embed(normal([2, 8, 12, 3]))
    const order = tf.tensor1d([4, 0, 5, 2, 1, 3], 'int32')
    const [plain, mixed] = [tokens, tf.gather(tokens, order, 1)].map((t) => model.run(t))
    expectClose(mixed!.tokens, tf.gather(plain!.tokens, order, 1), 1e-5)
    expectClose(mixed!.class as tf.Tensor, plain!.class as tf.Tensor, 1e-5)
  })

  test('permuting patches alone does not', () => {
    const model = small()
    const x = normal([1, 8, 12, 3])
    const turned = tf.reverse(x, 1)
    const difference = tf.sub(
      model.forward(x).class as tf.Tensor,
      model.forward(turned).class as tf.Tensor,
    )
    expect(tf.max(tf.abs(difference)).dataSync()[0]).toBeGreaterThan(1e-3)
  })

  test('some of the tokens are enough', () => {
    const model = small()
    const tokens = model.embed(normal([2, 8, 12, 3]))
    expect(model.run(tf.slice(tokens, [0, 2, 0], [2, 1, 8])).tokens.shape).toEqual([2, 1, 8])
  })
})

test('slots and how they start', () => {
  const model = small({ features: 64 })
  const found = slots(model)
  expect([...found.keys()].slice(0, 4)).toEqual([
    'patchEmbedding.weight',
    'patchEmbedding.bias',
    'classToken',
    'positions.weight',
  ])
  expect(found.has('blocks.1.attention.query.weight')).toBe(true)
  expect([...found.keys()].at(-1)).toBe('norm.bias')
  // Fixed positions are remembered, with zeros for the class token; learned ones are trained.
  expect([...states(model).keys()]).toEqual(['positions.weight'])
  const fixed = found.get('positions.weight')!.slot.value
  expectClose(fixed, sinCosPositions([2, 3], 64, { classToken: true }), 0)
  expect(states(small({ positions: 'learned' })).size).toBe(0)
  // Uniform in +-sqrt(6 / (48 + 64)).
  const weight = valuesOf(found.get('patchEmbedding.weight')!.slot.value).map(Math.abs)
  const limit = Math.sqrt(6 / (48 + 64))
  expect(Math.max(...weight)).toBeLessThanOrEqual(limit)
  expect(Math.max(...weight)).toBeGreaterThan(0.98 * limit)
  // One standard error of the deviation is 0.0018.
  const token = valuesOf(found.get('classToken')!.slot.value)
  const meanSquare = token.reduce((sum, value) => sum + value * value, 0) / 64
  expect(Math.abs(Math.sqrt(meanSquare) - 0.02)).toBeLessThan(0.005)
})

test('cpu and onnx agree, compiled', async () => {
  const results: Float32Array[][] = []
  for (const backend of ['cpu', 'onnx']) {
    await useBackend(backend)
    using model = small({ positions: 'learned', classToken: true })
    const x = normal([3, 8, 12, 3])
    using forward = compile((images: tf.Tensor) => {
      const { class: token, tokens, blocks } = model.forward(images)
      return [token as tf.Tensor, tokens, ...blocks]
    })
    const outputs = (await forward(x)) as tf.Tensor[]
    results.push(await Promise.all(outputs.map(async (t) => (await t.data()) as Float32Array)))
    tf.dispose([x, ...outputs])
  }
  await useBackend('cpu')
  const [cpu, onnx] = results as [Float32Array[], Float32Array[]]
  expect(onnx).toHaveLength(4)
  for (const [i, values] of onnx.entries()) {
    expect(values).toBeAllClose(cpu[i] as Float32Array, { absolute: 1e-5 })
  }
})

test('bad input', () => {
  expect(() => small({ image: [8, 13, 3] })).toThrow(
    'a size of [8,13] came, expected multiples of the patch [4,4]',
  )
  expect(() => small({ image: [2, 8, 3] })).toThrow('expected none smaller than the patch')
  expect(() => small({ features: 6 })).toThrow('sinCosPositions: features: 6 came')
  expect(() => small({ positions: 'sincos' as 'sinCos' })).toThrow("Did you mean 'sinCos'?")
  expect(() => small({ heads: 3 })).toThrow(/heads/)
  expect(() => small().forward(tf.zeros([2, 12, 8, 3]))).toThrow(
    'VisionTransformer: an input of shape [2,12,8,3] came, expected [batch, 8, 12, 3]',
  )
  expect(() => small().run(tf.zeros([2, 6, 4]))).toThrow('tokens of shape [2,6,4] came')
})
