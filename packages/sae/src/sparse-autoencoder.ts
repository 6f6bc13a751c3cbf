/**
 * The sparse autoencoder (Olshausen and Field, 1996, in one layer; of a network's activations: Cunningham et al. and
 * Bricken et al., 2023; Gao et al., 2024): data as sums of few directions out of many.
 *
 *     z = (x - b) E + c,   f = activation(z),   xhat = f D + b,   loss = s mean((xhat - x)^2) + added losses
 *
 * Activation, added losses and constraints are independent choices; s is 1 / the variance of the data.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import {
  add,
  cast,
  div,
  fill,
  greater,
  matMul,
  mean,
  mul,
  scalar,
  square,
  sub,
  sum,
  tidy,
  transpose,
  where,
} from '@tensorflow/tfjs-core'
import {
  type Autoencoder,
  type Batch,
  type Context,
  check,
  type EpochRecord,
  type HostBatch,
  inputsOf,
  type LossResult,
  Module,
  Parameter,
  type Rng,
  State,
} from '@winnow/core'
import type { Activation } from './activations/activation.ts'
import { type ActivationSpec, activations } from './activations/define.ts'
import type { Constraint } from './constraints/constraint.ts'
import { type ConstraintSpec, constraints } from './constraints/define.ts'
import { unitRows } from './constraints/unit-norm-decoder.ts'
import { denseEncoding, type Encoding, sparseEncoding } from './encoding.ts'
import { type LossSpec, losses } from './losses/define.ts'
import type { AddedLoss } from './losses/loss.ts'
import { type ExampleScale, normaliseExamples, restoreExamples } from './normalise.ts'
import { checkPath, type Path, takesSparsePath } from './path.ts'

/** Plain JSON: a checkpoint rebuilds the model from it. */
export interface SparseAutoencoderConfig {
  /** Numbers in one example. */
  readonly inputs: number
  /** Directions in the dictionary. */
  readonly latents: number
  readonly activation: ActivationSpec
  /** Losses besides the reconstruction's; none by default. */
  readonly losses?: readonly LossSpec[]
  /** None by default. */
  readonly constraints?: readonly ConstraintSpec[]
  /** A latent that was silent for more than this many tokens is dead; 10 million by default. */
  readonly deadAfter?: number
  /** `perExample` brings each example to mean 0 and deviation 1 before all else, and back after decoding; `none` by default. */
  readonly normalise?: 'none' | 'perExample'
  /** How to train; `auto` by default. */
  readonly path?: Path
}

/** What {@link SparseAutoencoder.encode} gives. */
export interface SparseCode {
  /** `[batch, latents]`, >= 0, mostly 0. */
  readonly latents: Tensor
  /** `[batch, latents]` */
  readonly preactivations: Tensor
  /** What normalising took from each example, where that was asked for. */
  readonly scale?: ExampleScale
}

/** What the loss reports: scalars. */
export type SparseAutoencoderLoss = LossResult & {
  /** The squared error in units of the data's variance. */
  readonly reconstruction: Tensor
  /** The sum of the added losses, weighted; each is reported under its kind too. */
  readonly auxiliary: Tensor
  /** How many latents are on, averaged over the batch. */
  readonly l0: Tensor
  /** The share of latents that are dead. */
  readonly dead: Tensor
}

/** A latent is on, for the count of silent tokens, above this value. */
const ON = 1e-3
/** Silent tokens are counted up to here: beyond, float32 would not count single ones. */
const MOST_TOKENS = 2 ** 31
const MANY_DEAD = 0.5

/** `new SparseAutoencoder(config, rng)`, trained by `fit` on `[rows, inputs]`; see also `initialiseFromData`. */
export class SparseAutoencoder extends Module implements Autoencoder<SparseCode> {
  /** What files call it: bundlers shorten the names of classes. */
  static override readonly name: string = 'SparseAutoencoder'
  readonly config: SparseAutoencoderConfig
  /** `[inputs, latents]` */
  readonly encoder: Parameter
  /** `[latents]` */
  readonly latentBias: Parameter
  /** `[latents, inputs]`: a row for each direction. */
  readonly decoder: Parameter
  /** `[inputs]`: taken from the data before encoding, added after decoding. */
  readonly bias: Parameter
  /** `[latents]`: the tokens since each latent was last on. */
  readonly lastActive: State
  /** A scalar: 1 / the variance of the data, 1 until `initialiseFromData`. */
  readonly lossScale: State
  readonly activation: Activation
  readonly addedLosses: readonly { readonly kind: string; readonly loss: AddedLoss }[]
  readonly constraints: readonly Constraint[]
  /** Present where a constraint has it. */
  readonly afterGradients?: (gradients: ReadonlyMap<string, Tensor>) => ReadonlyMap<string, Tensor>
  /** Present where a constraint has it. */
  readonly afterUpdate?: () => void
  #warned = false

  /** @throws WinnowError for sizes that are not whole numbers >= 1, and for parts that are unknown or do not fit */
  constructor(config: SparseAutoencoderConfig, rng: Rng) {
    super()
    const { inputs, latents, deadAfter = 10_000_000, normalise = 'none', path = 'auto' } = config
    for (const [name, size] of Object.entries({ inputs, latents })) {
      check(
        Number.isInteger(size) && size >= 1,
        () => `SparseAutoencoder: ${name}: ${size} came, expected a whole number >= 1`,
      )
    }
    check(
      deadAfter > 0 && deadAfter < MOST_TOKENS,
      () => `SparseAutoencoder: deadAfter: ${deadAfter} came, expected tokens > 0 and < 2^31`,
    )
    check(
      normalise === 'none' || normalise === 'perExample',
      () => `SparseAutoencoder: normalise: '${normalise}' came, expected 'none' or 'perExample'`,
    )
    this.config = config
    const place = { inputs, latents, activation: config.activation, rng: rng.split() }
    this.activation = activations.build(config.activation, place)
    checkPath(path, this.activation.kept)
    this.addedLosses = (config.losses ?? []).map((spec) => {
      return { kind: spec.kind, loss: losses.build(spec, place) }
    })
    this.constraints = (config.constraints ?? []).map((spec) => constraints.build(spec, place))
    const decoder = tidy(() => unitRows(rng.normal([latents, inputs])))
    // The tied start: each latent reads along the direction that it writes.
    this.encoder = new Parameter(transpose(decoder))
    this.latentBias = new Parameter(fill([latents], 0))
    this.decoder = new Parameter(decoder)
    this.bias = new Parameter(fill([inputs], 0))
    this.lastActive = new State(fill([latents], 0))
    this.lossScale = new State(scalar(1))
    const projecting = this.constraints.filter((one) => one.afterGradients !== undefined)
    const assigning = this.constraints.filter((one) => one.afterUpdate !== undefined)
    if (projecting.length > 0) {
      this.afterGradients = (gradients) =>
        projecting.reduce((all, one) => one.afterGradients?.(all, this) ?? all, gradients)
    }
    if (assigning.length > 0) {
      this.afterUpdate = () => {
        for (const one of assigning) one.afterUpdate?.(this)
      }
    }
  }

  /** `[batch, inputs]` -> the code. */
  encode(x: Tensor, context?: Context): SparseCode {
    const { x: seen, scale } = this.#normalised(x)
    const centred = sub(seen, this.bias.value)
    const preactivations: Tensor = add(matMul(centred, this.encoder.value), this.latentBias.value)
    const input = { centred, ...(context && { context }) }
    const latents = this.activation.forward(preactivations, input)
    return { latents, preactivations, ...(scale && { scale }) }
  }

  /**
   * A code `[batch, latents]` -> `[batch, inputs]`.
   *
   * @param scale what `encode` gave, where examples are normalised; without it the result stays normalised
   */
  decode(latents: Tensor, scale?: ExampleScale): Tensor {
    const decoded: Tensor = add(matMul(latents, this.decoder.value), this.bias.value)
    return scale === undefined ? decoded : restoreExamples(decoded, scale)
  }

  /** The code: `[batch, latents]`. */
  features(x: Tensor): Tensor {
    return this.encode(x).latents
  }

  /** `[batch, inputs]` -> the same, from the directions that are on. */
  reconstruct(x: Tensor): Tensor {
    const { latents, scale } = this.encode(x)
    return this.decode(latents, scale)
  }

  /**
   * See {@link SparseAutoencoderLoss}. `batch` is `[batch, inputs]`, or a record with such `inputs`; each row counts as one
   * token. No gradient flows to the data. With `normalise` errors are those of normalised examples.
   */
  loss(batch: Batch, context: Context): SparseAutoencoderLoss {
    const { x } = this.#normalised(inputsOf(batch))
    const { latents, deadAfter = 10_000_000 } = this.config
    const encoding = this.#encoding(x, context)
    const { code } = encoding
    const silent = add(this.lastActive.value, x.shape[0] as number)
    const counted: Tensor = where(greater(silent, MOST_TOKENS), MOST_TOKENS, silent)
    const lastActive: Tensor = where(greater(code.fired(ON), 0), 0, counted)
    context.update(this.lastActive, lastActive)
    const dead = greater(lastActive, deadAfter)
    const bias = this.bias.value
    const lossScale = this.lossScale.value
    const reconstruction: Tensor = add(code.decode(), bias)
    const error: Tensor = mul(mean(square(sub(reconstruction, x))), lossScale)
    const input = { x, reconstruction, encoding, bias, dead, lossScale, context }
    const added = this.addedLosses.map(({ kind, loss }) => [kind, loss(input)] as const)
    const auxiliary = added.reduce((total: Tensor, [, one]) => add(total, one), scalar(0))
    return {
      ...Object.fromEntries(added),
      loss: add(error, auxiliary),
      reconstruction: error,
      auxiliary,
      l0: mean(code.count()),
      dead: div(sum(cast(dead, 'float32')), latents),
    }
  }

  /** Refuses data of another width, and values that are not finite. */
  checkData({ inputs }: HostBatch): void {
    const [rows, width] = inputs.shape
    check(
      inputs.shape.length === 2 && width === this.config.inputs,
      () =>
        `SparseAutoencoder: data: shape [${inputs.shape}] came, expected [rows, ${this.config.inputs}]`,
    )
    const place = inputs.data.findIndex((value) => !Number.isFinite(value))
    check(
      place < 0,
      () =>
        `SparseAutoencoder: data: ${inputs.data[place]} came in row ${Math.floor(place / (width as number))} of a batch ` +
        `of ${rows}, input ${place % (width as number)}; expected finite numbers`,
    )
  }

  /** Warns, once, of a dictionary that is mostly dead. */
  diagnose(epoch: EpochRecord): readonly string[] {
    const dead = epoch.training['dead'] ?? 0
    if (dead <= MANY_DEAD || this.#warned) return []
    this.#warned = true
    return [
      `dead latents: ${Math.round(100 * dead)} % of ${this.config.latents} are silent; start with ` +
        'initialiseFromData, add auxK, lower the learning rate, or take fewer latents',
    ]
  }

  #normalised(x: Tensor): { readonly x: Tensor; readonly scale?: ExampleScale } {
    const { inputs, normalise = 'none' } = this.config
    check(
      x.rank === 2 && x.shape[1] === inputs,
      () => `SparseAutoencoder: x: shape [${x.shape}] came, expected [batch, ${inputs}]`,
    )
    return normalise === 'none' ? { x } : normaliseExamples(x)
  }

  #encoding(x: Tensor, context: Context): Encoding {
    const { latents, path = 'auto' } = this.config
    const { activation } = this
    const input = {
      x,
      activation,
      context,
      encoder: this.encoder.value,
      latentBias: this.latentBias.value,
      decoder: this.decoder.value,
      bias: this.bias.value,
    }
    const { kept } = activation
    if (kept !== undefined && takesSparsePath(path, latents, kept)) {
      return sparseEncoding({ ...input, kept })
    }
    return denseEncoding(input)
  }
}
