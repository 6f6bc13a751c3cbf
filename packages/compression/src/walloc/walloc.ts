/**
 * WaLLoC, "Learned compression for compressed learning" (Jacobellis, Cummings and Yadwadkar 2024): an encoder that is almost
 * linear, so that it costs next to nothing, and latents so few that other models can learn from them directly.
 *
 * A wavelet packet transform, one linear layer, companding, rounding (noise while training); a deep decoder, and the inverse
 * transform. There is no rate in the loss, which is the mean square error: the noise alone is the bottleneck. System 046.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import {
  add,
  clipByValue,
  mean,
  mirrorPad,
  mul,
  reshape,
  round,
  slice,
  squaredDifference,
  tensor,
  tidy,
} from '@tensorflow/tfjs-core'
import {
  type Autoencoder,
  type Batch,
  type Context,
  check,
  inputsOf,
  type LossResult,
  Module,
  type Rng,
} from '@winnow/core'
import { inverseWaveletPacket, Linear, waveletPacket } from '@winnow/layers'
import { compand, expand, scaleOf } from './companding.ts'
import { LatentDecoder, type LatentDecoderConfig } from './latent-decoder.ts'

/** Plain JSON: a checkpoint can rebuild the model. */
export interface WallocConfig {
  /** `image` `[batch, height, width, channels]` in [0, 1], or `sound` `[batch, samples, channels]` in [-1, 1]; `image` by default. */
  readonly kind?: 'image' | 'sound'
  /** Of a picture 3 by default, of sound 2. */
  readonly channels?: number
  /** How often every band is split; 3 by default: each time sides are halved. */
  readonly levels?: number
  /** Channels of the latents. */
  readonly latent: number
  /** Of a latent, before entropy coding; 8 by default. */
  readonly bits?: number
  /** What undoes the encoder: one linear layer, or a deep decoder. */
  readonly decoder: 'linear' | LatentDecoderConfig
  /** Whether noise stands for rounding while training; true by default. */
  readonly noise?: boolean
}

/** See the module's comment. Slots: `encoder`, `decoder`. */
export class Walloc extends Module implements Autoencoder<Tensor> {
  /** What files call it: bundlers shorten the names of classes. */
  static override readonly name: string = 'Walloc'
  readonly config: WallocConfig
  readonly encoder: Linear
  /** @internal */
  readonly decoder: Linear | LatentDecoder

  constructor(config: WallocConfig, rng: Rng) {
    super()
    const { latent, bits = 8, levels = 3, decoder } = config
    for (const [name, value] of Object.entries({ latent, bits, levels })) {
      check(
        Number.isInteger(value) && value >= (name === 'bits' ? 2 : 1),
        () => `Walloc: ${name}: ${value} came, expected a whole number`,
      )
    }
    this.config = config
    const { bands } = this
    this.encoder = new Linear({ inputs: bands, outputs: latent }, rng.split())
    this.decoder =
      decoder === 'linear'
        ? new Linear({ inputs: latent, outputs: bands }, rng.split())
        : new LatentDecoder(decoder, { inputs: latent, outputs: bands }, rng.split())
    this.#start()
  }

  /**
   * Lets latents begin as the coarsest bands, spread as companding uses its range best, and the linear part of the decoder as
   * the inverse: with weights of the usual size they would drown in the noise of a whole step.
   */
  #start(): void {
    const { bands, channels, encoder, decoder } = this
    const { latent, bits = 8 } = this.config
    const each = bands / channels
    const [there, back] = [new Float32Array(bands * latent), new Float32Array(bands * latent)]
    for (let i = 0; i < Math.min(latent, bands); i++) {
      const band = Math.floor(i / channels)
      // Sums grow by the root of their number of pixels; details are the smaller the finer.
      const deviation = (Math.sqrt(each) / 4) * (band === 0 ? 1 : 1 / 4)
      const gain = scaleOf(bits) / deviation
      const from = (i % channels) * each + band
      there[from * latent + i] = gain
      back[i * bands + from] = 1 / gain
    }
    encoder.weight.assign(tensor(there, [bands, latent]))
    const linear = decoder instanceof Linear ? decoder : decoder.linear
    linear.weight.assign(tensor(back, [latent, bands]))
  }

  /** Channels of the packet transform: what the linear encoder sees. */
  get bands(): number {
    const { kind = 'image', levels = 3 } = this.config
    return this.channels * (kind === 'image' ? 4 : 2) ** levels
  }

  get channels(): number {
    return this.config.channels ?? (this.config.kind === 'sound' ? 2 : 3)
  }

  /** How many times fewer numbers latents are. */
  get reduction(): number {
    return this.bands / this.config.latent
  }

  /** Packet coefficients to latents before companding. */
  project(bands: Tensor): Tensor {
    return this.encoder.forward(bands)
  }

  /** Whole numbers, as float32: `[batch, height / 2^levels, width / 2^levels, latent]`, or without `height` for sound. */
  encode(x: Tensor): Tensor {
    return tidy(() => round(this.#companded(x)))
  }

  /** What {@link Walloc.encode} gave, to the range of inputs; sides are multiples of 2^levels. */
  decode(codes: Tensor): Tensor {
    return tidy(() => this.#toInputs(clipByValue(this.#decoded(codes), -0.5, 0.5)))
  }

  /** The mean of each latent: `[batch, latent]`. */
  features(x: Tensor): Tensor {
    return tidy(() => {
      const codes = this.encode(x)
      const places = codes.shape.slice(1, -1).reduce((a, b) => a * b, 1)
      return mean(reshape(codes, [x.shape[0] as number, places, this.config.latent]), 1)
    })
  }

  /** Encoded and decoded: the shape and range of `x`. */
  reconstruct(x: Tensor): Tensor {
    return tidy(() =>
      slice(
        this.decode(this.encode(x)),
        x.shape.map(() => 0),
        x.shape,
      ),
    )
  }

  /** The mean square error in the range of the paper, -1/2 to 1/2, before clipping; `psnr` of it. */
  loss(batch: Batch, context: Context): LossResult {
    const x = inputsOf(batch)
    const { noise = true } = this.config
    const companded = this.#companded(x)
    // Where nothing is learned it is rounded: what a file would hold.
    const codes = !context.training
      ? round(companded)
      : noise
        ? add(companded, context.rng.split().uniform(companded.shape, { low: -0.5, high: 0.5 }))
        : companded
    const target = this.#padded(this.#fromInputs(x))
    return { loss: mean(squaredDifference(this.#decoded(codes, context), target)) }
  }

  #companded(x: Tensor): Tensor {
    const bands = waveletPacket(this.#padded(this.#fromInputs(x)), this.#packet)
    return compand(this.project(bands), this.config.bits ?? 8)
  }

  #decoded(codes: Tensor, context?: Context): Tensor {
    const latents = expand(codes, this.config.bits ?? 8)
    return inverseWaveletPacket(this.#bandsOf(latents, context), this.#packet)
  }

  /** A deep decoder takes sound for pictures of one row. */
  #bandsOf(latents: Tensor, context?: Context): Tensor {
    const { decoder } = this
    if (decoder instanceof Linear) return decoder.forward(latents)
    if (latents.rank === 4) return decoder.forward(latents, context)
    const [batch, length, channels] = latents.shape as [number, number, number]
    const rows = decoder.forward(reshape(latents, [batch, 1, length, channels]), context)
    return reshape(rows, [batch, length, this.bands])
  }

  get #packet(): { readonly levels: number } {
    return { levels: this.config.levels ?? 3 }
  }

  #fromInputs(x: Tensor): Tensor {
    return this.config.kind === 'sound' ? mul(x, 0.5) : add(x, -0.5)
  }

  #toInputs(x: Tensor): Tensor {
    return this.config.kind === 'sound' ? mul(x, 2) : add(x, 0.5)
  }

  /** Mirrored to multiples of 2^levels. */
  #padded(x: Tensor): Tensor {
    const { kind = 'image', levels = 3 } = this.config
    const axes = kind === 'image' ? 2 : 1
    check(
      x.rank === axes + 2 && x.shape.at(-1) === this.channels,
      () =>
        `Walloc: an input of shape [${x.shape}] came, expected [batch, ${kind === 'image' ? 'height, width' : 'samples'}, ${this.channels}]`,
    )
    const step = 2 ** levels
    const missing = x.shape.slice(1, -1).map((size) => (step - (size % step)) % step)
    if (missing.every((count) => count === 0)) return x
    check(
      missing.every((count, axis) => count < (x.shape[axis + 1] as number)),
      () =>
        `Walloc: an input of shape [${x.shape}] came, too small to be mirrored to multiples of ${step}`,
    )
    const paddings: [number, number][] = [
      [0, 0],
      ...missing.map((n): [number, number] => [0, n]),
      [0, 0],
    ]
    return mirrorPad(x, paddings, 'reflect')
  }
}
