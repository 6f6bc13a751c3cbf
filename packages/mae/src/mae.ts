/**
 * The masked autoencoder, He, Chen, Xie, Li, Dollar and Girshick 2021: hide most patches of an image, encode those that
 * are left, and predict the hidden ones.
 *
 *     loss = sum over hidden patches of mean((predicted - target)^2) / number of hidden patches
 *
 * The encoder sees visible patches alone, so it does a quarter of the work at the usual ratio; mask tokens enter at the
 * narrow decoder. System 008.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { add, cast, gather, mean, reshape, slice, tidy, where } from '@tensorflow/tfjs-core'
import {
  type Autoencoder,
  type Batch,
  type Context,
  check,
  checkItems,
  type HostBatch,
  inputsOf,
  type LossResult,
  Module,
  type ReconstructOptions,
  Rng,
  unknownName,
} from '@winnow/core'
import { patchify, unpatchify, VisionTransformer } from '@winnow/layers'
import {
  type BlockMaskSpec,
  type GridMaskSpec,
  hiddenIndicator,
  hiddenTokens,
  keepTokens,
  type Mask,
  type MaskSpec,
  type MaskStrategy,
  maskStrategy,
  type RandomMaskSpec,
  randomMask,
} from '@winnow/masking'
import { MaskedDecoder, type TransformerSize } from './masked-decoder.ts'
import { type PatchTarget, patchError, patchTargets, targetsToPixels } from './patch-targets.ts'

/** A mask of images as plain JSON, or one's own kind by `defineMaskStrategy`. */
export type ImageMask = RandomMaskSpec | BlockMaskSpec | GridMaskSpec | MaskSpec

/** Plain JSON: a checkpoint can rebuild the model. */
export interface MAEConfig {
  /** Height, width and channels of an image. */
  readonly image: readonly [height: number, width: number, channels: number]
  /** Pixels a side of a patch; divides height and width. */
  readonly patch: number
  readonly encoder: TransformerSize
  readonly decoder: TransformerSize
  /** What is hidden; `{ kind: 'random', ratio: 0.75 }` by default. */
  readonly mask?: ImageMask
  /** `normalisedPixels` by default, as in the paper. */
  readonly target?: PatchTarget
  /** Which patches the loss counts: `hidden` by default. `all`, with nothing hidden, is a plain autoencoder. */
  readonly lossOn?: 'hidden' | 'all'
  /** Whether the encoder has a class token; true by default. */
  readonly classToken?: boolean
  /** What {@link MAE.features} gives: the mean of the patches' tokens (default) or the class token. */
  readonly pool?: 'mean' | 'class'
}

/** Kept patches, encoded, with where they lie. */
export interface MAECode {
  /** `[batch, kept, features]`. */
  readonly tokens: Tensor
  /** `[batch, features]`, where the encoder has a class token. */
  readonly class: Tensor | undefined
  /** Absent where nothing was hidden. */
  readonly mask: Mask | undefined
}

/** The masked autoencoder: `new MAE(config, rng)`, trained by `fit`. */
export class MAE extends Module implements Autoencoder<MAECode> {
  /** What files call it: bundlers shorten the names of classes. */
  static override readonly name: string = 'MAE'
  readonly config: MAEConfig
  readonly strategy: MaskStrategy
  readonly encoder: VisionTransformer
  readonly decoder: MaskedDecoder

  /** @throws WinnowError for sizes that do not divide, unknown names, and masks that hide or keep nothing */
  constructor(config: MAEConfig, rng: Rng) {
    super()
    const { image, patch, encoder, decoder, classToken = true, lossOn = 'hidden' } = config
    const { target = 'normalisedPixels', pool = 'mean' } = config
    checkName('target', target, ['normalisedPixels', 'pixels'])
    checkName('lossOn', lossOn, ['hidden', 'all'])
    checkName('pool', pool, ['mean', 'class'])
    check(pool !== 'class' || classToken, () => "MAE: pool: 'class' came, but classToken is false")
    this.config = config
    this.encoder = new VisionTransformer({ image, patch, ...encoder, classToken }, rng.split())
    this.strategy = maskStrategy(config.mask ?? randomMask({ ratio: 0.75 }))
    const { kept, hidden } = this.strategy.count(this.grid)
    check(
      kept > 0 && (hidden > 0 || lossOn === 'all'),
      () =>
        `MAE: mask: ${JSON.stringify(config.mask)} keeps ${kept} of ${kept + hidden} patches, expected one at least kept and one hidden` +
        `${hidden === 0 ? "; with lossOn: 'all' nothing need be hidden" : ''}`,
    )
    const outputs = patch * patch * image[2]
    this.decoder = new MaskedDecoder(
      { ...decoder, inputs: encoder.features, grid: this.grid, outputs },
      rng.split(),
    )
  }

  /** Patches down and across. */
  get grid(): readonly [rows: number, columns: number] {
    const { image, patch } = this.config
    return [image[0] / patch, image[1] / patch]
  }

  /** Which patches to hide, anew for each image of a batch. */
  drawMask(batch: number, rng: Rng): Mask {
    return this.strategy.draw(this.grid, batch, rng)
  }

  /**
   * Encodes the patches that `mask` keeps, or all of them.
   *
   * @param x `[batch, height, width, channels]`
   */
  encode(
    x: Tensor,
    options: { readonly mask?: Mask | undefined; readonly context?: Context } = {},
  ): MAECode {
    const { mask, context } = options
    const patches = patchify(x, this.config.patch)
    return this.#encodePatches(patches, mask, context)
  }

  /** All patches encoded, as one vector an image: `[batch, features]`. */
  features(x: Tensor, context?: Context): Tensor {
    const code = this.encode(x, context === undefined ? {} : { context })
    return this.config.pool === 'class' ? (code.class as Tensor) : mean(code.tokens, 1)
  }

  /**
   * What the model believes every patch to be, of a code whose mask says which are missing: `[batch, patches, values]`, in
   * the units of the target.
   */
  decode(code: MAECode, context?: Context): Tensor {
    const { mask } = code
    return this.decoder.predict(this.decoder.decode(code.tokens, mask, code.class, context))
  }

  /**
   * Images with most patches hidden and predicted again; visible patches stay as they are. Predictions of normalised
   * pixels borrow the mean and deviation of the patch that was hidden.
   */
  reconstruct(x: Tensor, options: ReconstructOptions = {}): Tensor {
    const { image, patch, target = 'normalisedPixels' } = this.config
    return tidy(() => {
      const mask = this.drawMask(x.shape[0] as number, options.rng ?? new Rng(0))
      const patches = patchify(x, patch)
      const predicted = this.decode(this.#encodePatches(patches, mask))
      const pixels = targetsToPixels(predicted, patches, target)
      const hidden = reshape(hiddenIndicator(mask), [...patches.shape.slice(0, 2), 1])
      return unpatchify(where(cast(hidden, 'bool'), pixels, patches), image, patch)
    })
  }

  /** The mean square error of hidden patches, in the target's units. `batch` is `[batch, ...image]`, or has such `inputs`. */
  loss(batch: Batch, context: Context): LossResult {
    const x = inputsOf(batch)
    const { patch, target = 'normalisedPixels', lossOn = 'hidden' } = this.config
    const mask = this.drawMask(x.shape[0] as number, context.rng.split())
    const patches = patchify(x, patch)
    const code = this.#encodePatches(patches, mask, context)
    const decoded = this.decoder.decode(code.tokens, mask, code.class, context)
    // The head reads hidden places alone: what it would say of the others counts for nothing.
    const counted =
      lossOn === 'all' ? (tokens: Tensor) => tokens : (tokens: Tensor) => hiddenTokens(tokens, mask)
    const predicted = this.decoder.predict(counted(decoded))
    return { loss: mean(patchError(predicted, patchTargets(counted(patches), target))) }
  }

  /** Refuses images of another shape. */
  checkData({ inputs }: HostBatch): void {
    checkItems('MAE', inputs, { image: this.config.image })
  }

  /** Places of the kept patches come with them: only those are embedded. */
  #encodePatches(patches: Tensor, mask: Mask | undefined, context?: Context): MAECode {
    const { encoder } = this
    const count = patches.shape[1] as number
    const places = encoder.positions.rows(count, encoder.classToken === undefined ? 0 : 1)
    const visible = mask === undefined ? patches : keepTokens(patches, mask)
    const positions =
      mask === undefined
        ? places
        : gather(places, slice(mask.order, [0, 0], [patches.shape[0] as number, mask.kept]))
    const embedded = add(encoder.patchEmbedding.forward(visible), positions)
    const { class: classToken, tokens } = encoder.run(embedded, context)
    return { tokens, class: classToken, mask }
  }
}

function checkName(argument: string, name: string, known: readonly string[]): void {
  if (!known.includes(name)) throw unknownName(`MAE: ${argument}`, name, known)
}
