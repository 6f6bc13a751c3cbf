/**
 * The mean-scale hyperprior (Minnen, Balle and Toderici 2018): latents are normal, with means and scales that a small summary of
 * them tells, which is coded first; and, by choice, what is coded of the latents tells of the rest (`coding-order.ts`).
 *
 * While training the rate is that of latents with noise, and the decoder gets them rounded, with straight-through gradients
 * (Minnen and Singh 2020).
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { add, dispose, round, split, sub, tidy } from '@tensorflow/tfjs-core'
import type { Context, Rng } from '@winnow/core'
import { bitsOf, quantised, roundStraight } from '../entropy-model/bits.ts'
import { FactorizedEntropy } from '../entropy-model/factorized-entropy.ts'
import { gaussianLikelihood, scalesOf } from '../entropy-model/gaussian-conditional.ts'
import { HyperpriorCoder } from './coding/hyperprior-coder.ts'
import { IntegerHyperprior } from './coding/integer-hyperprior.ts'
import type { LatentCoder } from './coding/latent-coder.ts'
import {
  type CodingStep,
  type ContextName,
  codingSteps,
  joined,
  partOf,
  placesOf,
  seenBy,
} from './coding-order.ts'
import { HYPER_STRIDE, HyperAnalysis, HyperDecoder, ParameterHead } from './hyperprior.ts'
import { LatentCodec, type LatentCodecConfig, type RatedLatents } from './latent-codec.ts'
import { LATENT_STRIDE } from './transforms.ts'

/** Plain JSON: a checkpoint can rebuild the model. */
export interface HyperpriorCodecConfig extends LatentCodecConfig {
  /** What of the latents tells of the rest: nothing by default. */
  readonly context?: ContextName
  /** Of how many groups of channels the order `channels` is made; 4 by default. */
  readonly groups?: number
}

/**
 * See the module's comment. Slots: `analysis`, `synthesis`, `gains`, `hyperAnalysis`, `entropy`, `hyperDecoder`, `heads.N`, and for coding
 * the States of `coding`.
 */
export class HyperpriorCodec extends LatentCodec {
  /** What files call it: bundlers shorten the names of classes. */
  static override readonly name: string = 'HyperpriorCodec'
  readonly config: HyperpriorCodecConfig
  /** @internal */
  readonly steps: readonly CodingStep[]
  /** @internal */
  readonly hyperAnalysis: HyperAnalysis
  readonly entropy: FactorizedEntropy
  /** @internal */
  readonly hyperDecoder: HyperDecoder
  /** @internal */
  readonly heads: readonly ParameterHead[]
  /** @internal */
  readonly coding: IntegerHyperprior

  constructor(config: HyperpriorCodecConfig, rng: Rng) {
    super(config, rng)
    const { channels = 128, latents = 192, context = 'none', groups = 4 } = config
    this.config = config
    this.steps = codingSteps(context, { latents, groups })
    this.hyperAnalysis = new HyperAnalysis(latents, channels, rng.split())
    this.entropy = new FactorizedEntropy({ channels }, rng.split())
    this.hyperDecoder = new HyperDecoder(channels, channels, rng.split())
    this.coding = new IntegerHyperprior({ channels, steps: this.steps })
    this.heads = this.steps.map(
      (step) => new ParameterHead(channels + step.known, channels, step.channels, rng.split()),
    )
    const { deviations } = this
    if (deviations !== undefined) {
      this.heads.forEach((head, i) => {
        const { first, channels } = this.steps[i] as CodingStep
        head.start(deviations.subarray(first, first + channels))
      })
    }
  }

  /** Finds the densities' middles, makes their tables, and turns what the decoder runs into whole numbers. */
  async prepareForCoding(images: Tensor): Promise<void> {
    const { coding, steps, entropy, heads, hyperDecoder: decoder } = this
    await this.findMedians()
    await coding.tables.store(entropy)
    const { summary, parts } = tidy(() => {
      // Each image at another quality, where the model has several.
      const choice = this.gains.choose(images.shape[0] as number, { training: false } as Context)
      const latents = this.encode(images, choice)
      const found = sub(this.hyperAnalysis.forward(latents), entropy.medians.value)
      return { summary: round(found), parts: [...this.#coded(latents).parts] }
    })
    const medians = entropy.medians.value
    await coding.quantise({ decoder, heads, medians, summary, parts }, steps)
    dispose([summary, parts])
  }

  /** @internal */
  protected coder(): LatentCoder {
    return new HyperpriorCoder(this)
  }

  get stride(): number {
    return LATENT_STRIDE * HYPER_STRIDE
  }

  rate(latents: Tensor, context?: Context): RatedLatents {
    const { parts, bits } = this.#coded(latents, context)
    return { values: joined(this.steps, parts), bits }
  }

  #coded(latents: Tensor, context?: Context): { parts: readonly Tensor[]; bits: Tensor } {
    const summary = this.entropy.forward(this.hyperAnalysis.forward(latents), context)
    const features = this.hyperDecoder.forward(summary.values)
    let bits = bitsOf(summary.likelihood)
    const parts: Tensor[] = []
    for (const [i, step] of this.steps.entries()) {
      const head = this.heads[i] as ParameterHead
      const [means, logScales] = split(head.forward(seenBy(step, features, parts)), 2, 3) as [
        Tensor,
        Tensor,
      ]
      const own = partOf(latents, step)
      const noisy = quantised(own, means, context)
      const likelihood = gaussianLikelihood(noisy, means, scalesOf(logScales))
      const masked = placesOf(step, own.shape[1] as number, own.shape[2] as number)
      bits = add(bits, bitsOf(likelihood, masked))
      parts.push(partOf(roundStraight(own, means), { ...step, first: 0 }))
    }
    return { parts, bits }
  }

  findMedians(): Promise<void> {
    return this.entropy.findMedians()
  }
}
