/**
 * From pixels to latents and back (Balle, Minnen, Singh, Hwang and Johnston 2018): four convolutions that halve the map, with
 * generalised divisive normalisation between them, and their mirror image.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { add, sub } from '@tensorflow/tfjs-core'
import { Module, type Rng } from '@winnow/core'
import { Conv2d, ConvTranspose2d, Gdn } from '@winnow/layers'

/** Pixels a side that one place of the latents stands for. */
export const LATENT_STRIDE = 16

const KERNEL = 5

/** Sizes that both transforms share. */
export interface TransformConfig {
  /** Channels of an image. */
  readonly imageChannels: number
  /** Channels of the maps between. */
  readonly channels: number
  /** Channels of the latents. */
  readonly latents: number
  /** Of the normalisation: see `Gdn`. */
  readonly gammaScale?: number | undefined
}

/** `[batch, height, width, imageChannels]` in [0, 1] to `[batch, height / 16, width / 16, latents]`. */
export class AnalysisTransform extends Module {
  readonly convolutions: readonly Conv2d[]
  readonly norms: readonly Gdn[]

  constructor({ imageChannels, channels, latents, gammaScale = 0.1 }: TransformConfig, rng: Rng) {
    super()
    const sizes = [imageChannels, channels, channels, channels, latents]
    this.convolutions = sizes.slice(1).map((outputs, i) => {
      const inputs = sizes[i] as number
      return new Conv2d(
        { inputs, outputs, kernel: KERNEL, stride: 2, init: 'lecunNormal' },
        rng.split(),
      )
    })
    this.norms = [1, 2, 3].map(() => new Gdn({ features: channels, gammaScale }))
  }

  forward(x: Tensor): Tensor {
    return this.convolutions.reduce(
      (y, convolution, i) => {
        const next = convolution.forward(y)
        return this.norms[i]?.forward(next) ?? next
      },
      sub(x, 0.5),
    )
  }
}

/** The mirror image of {@link AnalysisTransform}; what it gives may lie a little outside of [0, 1]. */
export class SynthesisTransform extends Module {
  readonly convolutions: readonly ConvTranspose2d[]
  readonly norms: readonly Gdn[]

  constructor({ imageChannels, channels, latents, gammaScale = 0.1 }: TransformConfig, rng: Rng) {
    super()
    const sizes = [latents, channels, channels, channels, imageChannels]
    this.convolutions = sizes.slice(1).map((outputs, i) => {
      const inputs = sizes[i] as number
      return new ConvTranspose2d(
        { inputs, outputs, kernel: KERNEL, stride: 2, init: 'lecunNormal' },
        rng.split(),
      )
    })
    this.norms = [1, 2, 3].map(() => new Gdn({ features: channels, inverse: true, gammaScale }))
  }

  forward(y: Tensor): Tensor {
    const x = this.convolutions.reduce((map, convolution, i) => {
      const next = convolution.forward(map)
      return this.norms[i]?.forward(next) ?? next
    }, y)
    return add(x, 0.5)
  }
}
