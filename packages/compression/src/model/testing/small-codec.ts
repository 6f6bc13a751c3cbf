/**
 * Small codecs trained for a few steps on {@link pictureData}.
 */
import { tensor } from '@tensorflow/tfjs-core'
import { adam, fit, Rng } from '@winnow/core'
import { HyperpriorCodec, type HyperpriorCodecConfig } from '../hyperprior-codec.ts'
import type { LatentCodec } from '../latent-codec.ts'
import { pictureData, pictures } from './pictures.ts'

export const smallConfig: HyperpriorCodecConfig = { channels: 8, latents: 12 }

/** Trains any codec, and gives the losses. */
export async function train(model: LatentCodec, steps: number, batch = 4): Promise<number[]> {
  const run = await fit(model, pictureData(32, 64), {
    steps,
    batch,
    seed: 5,
    optimizer: adam({ learningRate: 3e-3 }),
  })
  return run.history.steps.map(({ metrics }) => metrics['loss'] ?? Number.NaN)
}

/** Makes a trained codec ready on pictures as large as those that are coded: borders look other than what lies inside. */
export async function prepare(model: LatentCodec): Promise<void> {
  const images = tensor(pictures(6, 192), [6, 192, 192, 3])
  await model.prepareForCoding(images)
  images.dispose()
}

/** A codec that was trained for a few steps, and is ready to code. */
export async function smallCodec(
  config: HyperpriorCodecConfig,
  steps: number,
): Promise<HyperpriorCodec> {
  const model = new HyperpriorCodec({ ...smallConfig, ...config }, new Rng(3))
  await train(model, steps)
  await prepare(model)
  return model
}
