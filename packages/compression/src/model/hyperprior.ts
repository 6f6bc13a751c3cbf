/**
 * The hyperprior's transforms (Balle et al. 2018; Minnen, Balle and Toderici 2018): a summary of the latents is coded first, and
 * tells how wide each latent is and where its middle lies.
 *
 * What the decoder runs is made of whole-number layers after training (`integer/`), so it is small: 1 x 1 and 3 x 3
 * convolutions with ReLU, and channels turned into places.
 */
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core'
import { depthToSpace, relu, tensor, zeros } from '@tensorflow/tfjs-core'
import { Module, type Rng } from '@winnow/core'
import { Conv2d } from '@winnow/layers'

/** Latent places a side that one place of the summary stands for. */
export const HYPER_STRIDE = 4

/** `[batch, h, w, latents]` to `[batch, h / 4, w / 4, channels]`. */
export class HyperAnalysis extends Module {
  readonly convolutions: readonly Conv2d[]

  constructor(latents: number, channels: number, rng: Rng) {
    super()
    this.convolutions = [
      new Conv2d({ inputs: latents, outputs: channels, kernel: 3 }, rng.split()),
      new Conv2d({ inputs: channels, outputs: channels, kernel: 5, stride: 2 }, rng.split()),
      new Conv2d(
        { inputs: channels, outputs: channels, kernel: 5, stride: 2, init: 'lecunNormal' },
        rng.split(),
      ),
    ]
  }

  forward(latents: Tensor): Tensor {
    return this.convolutions.reduce((x, convolution, i) => {
      const y = convolution.forward(x)
      return i < this.convolutions.length - 1 ? relu(y) : y
    }, latents)
  }
}

/** `[batch, h / 4, w / 4, channels]` to features `[batch, h, w, features]`, not negative. */
export class HyperDecoder extends Module {
  readonly convolutions: readonly [Conv2d, Conv2d]

  constructor(channels: number, features: number, rng: Rng) {
    super()
    this.convolutions = [
      // 1 x 1: so the medians of the summary can be had by a bias, at borders too.
      new Conv2d({ inputs: channels, outputs: 4 * channels, kernel: 1 }, rng.split()),
      new Conv2d({ inputs: channels, outputs: 4 * features, kernel: 3 }, rng.split()),
    ]
  }

  forward(summary: Tensor): Tensor {
    return this.convolutions.reduce(
      (x, convolution) => depthToSpace(relu(convolution.forward(x)) as Tensor4D, 2),
      summary,
    )
  }
}

/** Features of a place and its neighbours to means and logarithms of scales: `[batch, h, w, 2 * outputs]`. */
export class ParameterHead extends Module {
  readonly convolutions: readonly [Conv2d, Conv2d]

  constructor(inputs: number, hidden: number, outputs: number, rng: Rng) {
    super()
    this.convolutions = [
      new Conv2d({ inputs, outputs: hidden, kernel: 3 }, rng.split()),
      new Conv2d(
        { inputs: hidden, outputs: 2 * outputs, kernel: 1, init: 'lecunNormal' },
        rng.split(),
      ),
    ]
  }

  /** Lets it begin with means of 0 and these scales, whatever it sees. */
  start(scales: Float32Array): void {
    const { weight, bias } = this.convolutions[1]
    weight.assign(zeros([...weight.shape]))
    const logs = Array.from(scales, Math.log)
    bias?.assign(tensor([...logs.map(() => 0), ...logs]))
  }

  forward(features: Tensor): Tensor {
    const [widen, narrow] = this.convolutions
    return narrow.forward(relu(widen.forward(features)))
  }
}
