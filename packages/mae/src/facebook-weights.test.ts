import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { Rng, writeSafetensors } from '@winnow/core'
import { facebookMae, facebookMaeEncoder, loadWeights, VisionTransformer } from '@winnow/layers'
import { expect, test } from 'vitest'
import { MAE } from './mae.ts'
import {
  decoderShapes,
  encoderShapes,
  OfficialMae,
  official,
  officialFile,
} from './testing/official-mae.ts'

const { features, heads, narrow, narrowHeads } = official
const file = officialFile()
const reference = new OfficialMae(file)
const x = new Rng(1).normal([2, 4, 6, 3])

function expectClose(actual: tf.Tensor, expected: tf.Tensor): void {
  expect(actual.shape).toEqual(expected.shape)
  const difference = tf.max(tf.abs(tf.sub(actual, expected))).dataSync()[0] as number
  expect(difference).toBeLessThan(2e-5)
}

test('the loaded autoencoder predicts what the official code does with the same file', async () => {
  const mae = new MAE(
    {
      image: [4, 6, 3],
      patch: 2,
      encoder: { features, depth: 2, heads },
      decoder: { features: narrow, depth: 1, heads: narrowHeads },
      mask: { kind: 'random', ratio: 0.5 },
    },
    new Rng(9),
  )
  const { ignored, kept } = await loadWeights(mae, writeSafetensors(file), facebookMae)
  expect([ignored, kept]).toEqual([[], []])
  const mask = mae.drawMask(2, new Rng(3))
  const visible = tf.slice(mask.order, [0, 0], [2, mask.kept]) as tf.Tensor2D
  const latent = reference.encode(tf.gather(reference.embed(x), visible, 1, 1))
  const code = mae.encode(x, { mask })
  expectClose(code.tokens, tf.slice(latent, [0, 1, 0]))
  expectClose(code.class as tf.Tensor, tf.reshape(tf.slice(latent, [0, 0, 0], [2, 1, 12]), [2, 12]))
  expectClose(mae.decode(code), reference.decode(latent, mask.restore))
})

test('the encoder alone, from a file with or without the decoder', async () => {
  const bare = new Map([...file].filter(([name]) => Object.hasOwn(encoderShapes, name)))
  for (const [layout, left] of [
    [file, Object.keys(decoderShapes)],
    [bare, []],
  ] as const) {
    const vit = new VisionTransformer(
      { image: [4, 6, 3], patch: 2, features, depth: 2, heads },
      new Rng(9),
    )
    const { ignored } = await loadWeights(vit, layout, facebookMaeEncoder)
    expect(ignored).toEqual(left)
    expectClose(vit.forward(x).tokens, tf.slice(reference.encode(reference.embed(x)), [0, 1, 0]))
  }
})
