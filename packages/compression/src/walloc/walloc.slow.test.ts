/** Last run: see the bottom of each test. */
import * as tf from '@tensorflow/tfjs-core'
import { adam, fit, fromArrays, Rng, symmetricEigen, useBackend } from '@winnow/core'
import { waveletPacket } from '@winnow/layers'
import { describe, expect, it } from 'vitest'
import { pictureData, pictures } from '../model/testing/pictures.ts'
import { compand } from './companding.ts'
import { Walloc } from './walloc.ts'

describe('learning', () => {
  it('brings the linear codec to the error of principal components within 5 %', async () => {
    await useBackend('onnx')
    const model = new Walloc({ levels: 1, latent: 4, decoder: 'linear', noise: false }, new Rng(4))
    const data = pictures(64, 16, 3)
    await fit(model, fromArrays({ data, shape: [64, 16, 16, 3] }), {
      steps: 600,
      batch: 32,
      seed: 2,
      optimizer: adam({ learningRate: 0.01 }),
    })
    await useBackend('cpu')
    const x = tf.sub(tf.tensor(data, [64, 16, 16, 3]), 0.5)
    const bands = tf.reshape(waveletPacket(x, { levels: 1 }), [64 * 64, 12]) as tf.Tensor2D
    const centred = tf.sub(bands, tf.mean(bands, 0, true)) as tf.Tensor2D
    const covariance = tf.matMul(centred, centred, true)
    const { values } = symmetricEigen(await covariance.data(), 12, { vectors: false })
    // What the packet's error is in pixels: nearly the same, as its bands are nearly orthogonal.
    const expected = values.slice(4).reduce((a, b) => a + b, 0) / x.size
    const again = model.decode(compandedOf(model, tf.add(x, 0.5)))
    const found = (await tf.mean(tf.squaredDifference(again, tf.add(x, 0.5))).data())[0] as number
    expect(found / expected).toBeLessThan(1.05)
  })

  it('with noise loses less than 1 dB by rounding, without noise more', async () => {
    await useBackend('onnx')
    const lost: number[] = []
    for (const noise of [true, false]) {
      const model = new Walloc(
        { levels: 2, latent: 12, bits: 4, decoder: 'linear', noise },
        new Rng(4),
      )
      await fit(model, pictureData(32, 32), {
        steps: 400,
        batch: 16,
        seed: 2,
        optimizer: adam({ learningRate: 0.03 }),
      })
      const x = tf.tensor(pictures(16, 32, 9), [16, 32, 32, 3])
      const [rounded, plain] = [model.encode(x), compandedOf(model, x)].map((codes) =>
        tf.mean(tf.squaredDifference(model.decode(codes), x)),
      )
      const [a, b] = [(await rounded!.data())[0] as number, (await plain!.data())[0] as number]
      lost.push(10 * Math.log10(a / b))
    }
    await useBackend('cpu')
    expect(lost[0]).toBeLessThan(1)
    expect(lost[1]).toBeGreaterThan(lost[0] as number)
  })
})

/** Latents as they are before rounding. */
function compandedOf(model: Walloc, x: tf.Tensor): tf.Tensor {
  const { levels = 3, bits = 8 } = model.config
  return compand(model.project(waveletPacket(tf.sub(x, 0.5), { levels })), bits)
}
