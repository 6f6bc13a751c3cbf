import * as tf from '@tensorflow/tfjs-core'
import { compile, gradient, Rng, useBackend } from '@winnow/core'
import { afterAll, expect, test } from 'vitest'
import { alibi } from '../position/alibi.ts'
import { blockMask, bothMasks, causalMask, paddingMask, prefixMask, windowMask } from './masks.ts'
import { MultiHeadAttention } from './multi-head-attention.ts'

afterAll(async () => {
  await useBackend('cpu')
})

/** Every mask, ALiBi, rotary places of each kind, dropout and a gradient, in one compiled function. */
async function compute(backend: 'cpu' | 'onnx' | 'wasm'): Promise<number[]> {
  await useBackend(backend)
  using layer = new MultiHeadAttention(
    { features: 8, heads: 4, keyValueHeads: 2, rotary: { interleaved: true }, dropout: 0.5 },
    new Rng(1),
  )
  const x = new Rng(3).normal([2, 5, 8])
  const kept = tf.tensor2d([1, 1, 1, 0, 0, 0, 0, 0, 0, 0], [2, 5], 'int32')
  const places = tf.tensor2d([0, 1, 2, 3, 4, 2, 3, 4, 5, 6], [2, 5], 'int32')
  using run = compile(
    (input: tf.Tensor, real: tf.Tensor, position: tf.Tensor, rng: Rng) => {
      const blocks = tf.cast(tf.greater(position, 3), 'int32')
      const mask = bothMasks(
        bothMasks(prefixMask(5, 2), windowMask(5, 3), blockMask(blocks)),
        paddingMask(real),
        causalMask(5),
      )
      const context = { rng, step: tf.scalar(0), scalars: {}, training: true, update: () => {} }
      const options = { mask, bias: alibi(4, 5), position }
      const first = tf.reshape(tf.slice(position, [1, 0], [1, 1]), [])
      const later = layer.forward(input, undefined, { ...options, position: first })
      const loss = (): tf.Tensor => tf.sum(tf.square(layer.forward(input, context, options)))
      return [layer.forward(input, context, options), later, gradient(loss, [input])[0]!]
    },
    { modules: [layer] },
  )
  const results = await run(x, kept, places, new Rng(5))
  const values = await Promise.all(results.map(async (result) => [...(await result.data())]))
  tf.dispose([results, x, kept, places])
  return values.flat()
}

test.each(['onnx', 'wasm'] as const)('%s computes what cpu does', async (backend) => {
  const [expected, found] = [await compute('cpu'), await compute(backend)]
  expect(found).toHaveLength(3 * 80)
  for (const [i, value] of expected.entries()) {
    expect(Math.abs(value - found[i]!)).toBeLessThan(1e-5 * Math.max(1, Math.abs(value)))
  }
})
