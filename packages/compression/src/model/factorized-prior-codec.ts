/**
 * The codec with a factorised prior (Balle, Laparra and Simoncelli 2017; its density as in Balle et al. 2018): every latent
 * channel has one distribution, whatever is in the picture.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import type { Context, Rng } from '@winnow/core'
import { bitsOf, roundStraight } from '../entropy-model/bits.ts'
import { FactorizedEntropy } from '../entropy-model/factorized-entropy.ts'
import { FactorizedCoder } from './coding/factorized-coder.ts'
import type { LatentCoder } from './coding/latent-coder.ts'
import { StoredTables } from './coding/stored-tables.ts'
import { LatentCodec, type LatentCodecConfig, type RatedLatents } from './latent-codec.ts'
import { LATENT_STRIDE } from './transforms.ts'

/** Values of a latent with an entry of their own in its table. */
const ENTRIES = 128

/** See the module's comment. Slots: `analysis`, `synthesis`, `gains`, `entropy`, and for coding the State `tables`. */
export class FactorizedPriorCodec extends LatentCodec {
  /** What files call it: bundlers shorten the names of classes. */
  static override readonly name: string = 'FactorizedPriorCodec'
  readonly config: LatentCodecConfig
  readonly entropy: FactorizedEntropy
  /** @internal */
  readonly tables: StoredTables

  constructor(config: LatentCodecConfig, rng: Rng) {
    super(config, rng)
    this.config = config
    const { latents = 192 } = config
    this.entropy = new FactorizedEntropy({ channels: latents }, rng.split())
    this.tables = new StoredTables(latents, ENTRIES)
  }

  get stride(): number {
    return LATENT_STRIDE
  }

  rate(latents: Tensor, context?: Context): RatedLatents {
    const { likelihood } = this.entropy.forward(latents, context)
    return {
      values: roundStraight(latents, this.entropy.medians.value),
      bits: bitsOf(likelihood),
    }
  }

  /** The images are not looked at. */
  async prepareForCoding(_images?: Tensor): Promise<void> {
    await this.findMedians()
    await this.tables.store(this.entropy)
  }

  /** @internal */
  protected coder(): LatentCoder {
    return new FactorizedCoder(this)
  }

  findMedians(): Promise<void> {
    return this.entropy.findMedians()
  }
}
