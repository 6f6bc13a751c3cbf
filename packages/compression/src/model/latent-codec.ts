/**
 * What all codecs of images share: the loss, rate + lambda * 255^2 * mean square error (Balle, Laparra and Simoncelli 2017), in
 * bits per pixel and squared grey levels, and reconstruction.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import {
  add,
  clipByValue,
  dispose,
  log,
  mean,
  mul,
  reshape,
  squaredDifference,
  tensor,
  tidy,
} from '@tensorflow/tfjs-core'
import {
  type Autoencoder,
  type Batch,
  type Compiled,
  type Context,
  check,
  compile,
  every,
  type HostBatch,
  inputsOf,
  type LossResult,
  Module,
  type PeriodicWork,
  type Rng,
  unknownName,
} from '@winnow/core'
import { fingerprint } from '../container/fingerprint.ts'
import { SymbolReader } from '../entropy-coding/symbol-reader.ts'
import { SymbolWriter } from '../entropy-coding/symbol-writer.ts'
import type { TileCodec, TileSize } from '../image/tile-codec.ts'
import type { LatentCoder } from './coding/latent-coder.ts'
import type { Symbols } from './coding/symbols.ts'
import { RateGains } from './rate-gains.ts'
import { AnalysisTransform, LATENT_STRIDE, SynthesisTransform } from './transforms.ts'
import { bestStep, startWithWavelets } from './wavelet-start.ts'

/** What every codec of images is configured by; plain JSON. */
export interface LatentCodecConfig {
  /** Channels of an image; 3 by default. */
  readonly imageChannels?: number
  /** Channels of the maps between pixels and latents; 128 by default. */
  readonly channels?: number
  /** Channels of the latents; 192 by default. */
  readonly latents?: number
  /** The weight of the error; 0.013 by default, which is a good quality. With several, rising, one model codes at all of them. */
  readonly lambda?: number | readonly number[]
  /** How transforms begin: with random weights, or with wavelets, which need far less training; `random` by default. */
  readonly start?: StartName
}

/** Names of starts. */
export type StartName = 'random' | 'wavelets'

/** Latents as the decoder gets them, and what they cost. */
export interface RatedLatents {
  readonly values: Tensor
  /** `[batch]`. */
  readonly bits: Tensor
}

/** Steps between two searches for the medians of the densities. */
const MEDIAN_STEPS = 100

/** gamma at first where transforms begin as wavelets. */
const NEARLY_LINEAR = 0.01

/** See the module's comment. A subclass says what latents cost. */
export abstract class LatentCodec extends Module implements Autoencoder<Tensor>, TileCodec {
  /** @internal */
  readonly analysis: AnalysisTransform
  /** @internal */
  readonly synthesis: SynthesisTransform
  /** @internal */
  readonly gains: RateGains
  /** What latents are expected to deviate by at first, where that is known. @internal */
  protected readonly deviations: Float32Array | undefined
  readonly every: readonly PeriodicWork[]
  #coder: LatentCoder | undefined
  #synthesise: Compiled<[Tensor, Tensor], Tensor> | undefined

  constructor(config: LatentCodecConfig, rng: Rng) {
    super()
    const { imageChannels = 3, channels = 128, latents = 192, lambda = 0.013 } = config
    const { start = 'random' } = config
    const sizes = { imageChannels, channels, latents }
    for (const [name, size] of Object.entries(sizes)) {
      check(
        Number.isInteger(size) && size > 0,
        () => `codec: ${name}: ${size} came, expected a whole number > 0`,
      )
    }
    if (start !== 'random' && start !== 'wavelets') {
      throw unknownName('codec: start', start, ['random', 'wavelets'])
    }
    const gammaScale = start === 'wavelets' ? NEARLY_LINEAR : undefined
    this.analysis = new AnalysisTransform({ ...sizes, gammaScale }, rng.split())
    this.synthesis = new SynthesisTransform({ ...sizes, gammaScale }, rng.split())
    this.gains = new RateGains(typeof lambda === 'number' ? [lambda] : lambda, latents)
    if (start === 'wavelets') {
      this.deviations = startWithWavelets({
        analysis: this.analysis.convolutions,
        synthesis: this.synthesis.convolutions,
        scale: 1 / bestStep(this.gains.middle, imageChannels),
      })
    }
    this.every = [every(MEDIAN_STEPS, () => this.findMedians())]
  }

  abstract readonly config: LatentCodecConfig

  /** Pixels a side by which the sizes of batches must divide. */
  abstract get stride(): number

  /** What latents cost, and what becomes of them: with noise while training, else rounded. */
  abstract rate(latents: Tensor, context?: Context): RatedLatents

  /**
   * Latents to symbols and back, for coding.
   * @internal
   */
  protected abstract coder(): LatentCoder

  /**
   * Makes of the trained model what coding needs, in whole numbers: once after training. It is kept with the weights.
   *
   * @param images typical ones, `[batch, height, width, channels]` in [0, 1]: some dozens, and larger than those it was
   *   trained on, as activations beyond what these show are clipped
   */
  abstract prepareForCoding(images: Tensor): Promise<void>

  /** Finds the middles of the densities anew: done every hundred steps, and before coding. */
  abstract findMedians(): Promise<void>

  /** `[batch, height, width, channels]` in [0, 1] to latents before rounding, `[batch, height / 16, width / 16, latents]`. */
  encode(x: Tensor, choice: Tensor = this.gains.best(x.shape[0] as number)): Tensor {
    this.#checkSize(x.shape.slice(1))
    return this.gains.apply(this.analysis.forward(x), choice)
  }

  /** Latents to pixels. */
  decode(latents: Tensor, choice: Tensor = this.gains.best(latents.shape[0] as number)): Tensor {
    return this.synthesis.forward(this.gains.undo(latents, choice))
  }

  /** The mean of each latent channel: `[batch, latents]`. */
  features(x: Tensor): Tensor {
    return tidy(() => mean(this.encode(x), [1, 2]))
  }

  /** Images coded and decoded, without entropy coding: the shape of `x`, in [0, 1]. */
  reconstruct(x: Tensor): Tensor {
    return tidy(() => clipByValue(this.decode(this.rate(this.encode(x)).values), 0, 1))
  }

  /** `batch` is `[batch, height, width, channels]` in [0, 1], or has such `inputs`. */
  loss(batch: Batch, context: Context): LossResult {
    const x = inputsOf(batch)
    const [examples, height, width] = x.shape as [number, number, number]
    const choice = this.gains.choose(examples, context)
    const { values, bits } = this.rate(this.encode(x, choice), context)
    const squares = squaredDifference(this.decode(values, choice), x)
    const errors = mean(reshape(squares, [examples, x.size / examples]), 1)
    const rates = mul(bits, 1 / (height * width))
    const weights = mul(this.gains.lambdaOf(choice), 255 ** 2)
    const meanSquaredError: Tensor = mean(errors)
    return {
      loss: mean(add(rates, mul(weights, errors))),
      bitsPerPixel: mean(rates),
      meanSquaredError,
      psnr: mul(log(meanSquaredError), -10 / Math.LN10),
    }
  }

  get name(): string {
    return this.constructor.name
  }

  get imageChannels(): number {
    return this.config.imageChannels ?? 3
  }

  /** Qualities go from 0, for the least lambda, to this one, for the greatest, and may lie between. */
  get maximumQuality(): number {
    return this.gains.lambdas.length - 1
  }

  /** See the function `fingerprint`. */
  fingerprint(): Promise<string> {
    return fingerprint(this)
  }

  /** Codes one tile: see {@link TileCodec}. `pixels` is `[1, height, width, channels]` in [0, 1]. */
  async compressTile(pixels: Tensor, quality: number): Promise<Uint8Array> {
    const writer = new SymbolWriter()
    for (const { values, tables, choices } of await this.symbols(pixels, quality)) {
      writer.putAll(values, tables, choices)
    }
    return writer.finish()
  }

  /** Reads a tile again, `[1, height, width, channels]`. @throws WinnowError for damaged bytes */
  async decompressTile(bytes: Uint8Array, size: TileSize, quality: number): Promise<Tensor> {
    const { latents = 192 } = this.config
    const [height, width] = [size.height / LATENT_STRIDE, size.width / LATENT_STRIDE]
    this.#checkSize([size.height, size.width, this.imageChannels])
    const reader = new SymbolReader(bytes)
    const values = await this.#coding.decode(reader, height, width)
    reader.finish()
    const choice = this.#choice(quality)
    const coded = tensor(values, [1, height, width, latents])
    const pixels = await this.#compiled(coded, choice)
    dispose([choice, coded])
    return pixels
  }

  /**
   * What is coded of a tile: `bitsOfSymbols` says how much that should take.
   *
   * @param pixels `[1, height, width, channels]` in [0, 1]
   */
  async symbols(pixels: Tensor, quality: number): Promise<readonly Symbols[]> {
    const choice = this.#choice(quality)
    const found = await this.#coding.encode(pixels, choice)
    choice.dispose()
    return found
  }

  override dispose(): void {
    this.#coder?.[Symbol.dispose]()
    this.#synthesise?.dispose()
    super.dispose()
  }

  get #coding(): LatentCoder {
    this.#coder ??= this.coder()
    return this.#coder
  }

  get #compiled(): Compiled<[Tensor, Tensor], Tensor> {
    this.#synthesise ??= compile((values, choice) => this.decode(values, choice), {
      modules: [this],
    })
    return this.#synthesise
  }

  #choice(quality: number): Tensor {
    return tensor(this.gains.weights(quality), [1, this.gains.lambdas.length])
  }

  /** Refuses images of other sizes. */
  checkData({ inputs }: HostBatch): void {
    this.#checkSize(inputs.shape.slice(1))
  }

  #checkSize(shape: readonly number[]): void {
    const { stride } = this
    const channels = this.config.imageChannels ?? 3
    const [height = 0, width = 0] = shape
    check(
      shape.length === 3 && height % stride === 0 && width % stride === 0 && shape[2] === channels,
      () =>
        `codec: images of shape [${shape}] came, expected [height, width, ${channels}] with sides divisible by ${stride}`,
    )
  }
}
