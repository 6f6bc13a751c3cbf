/**
 * Vector quantisation (van den Oord et al., 2017: "Neural discrete representation learning"): each vector becomes the
 * nearest entry of a learnt codebook.
 *
 *     k = argmin_i |x - e_i|^2
 *     loss = mean (stop(x) - e_k)^2 + commitment mean (x - stop(e_k))^2
 *
 * the first term for the codebook, the second for what made x. With `decay` the entries are moving averages of the vectors
 * that became them, and the first term falls away.
 */
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core'
import {
  add,
  argMin,
  gather,
  matMul,
  mean,
  mul,
  ones,
  reshape,
  square,
  sub,
  sum,
} from '@tensorflow/tfjs-core'
import {
  type Context,
  check,
  Module,
  needsHigherOrder,
  ownGradient,
  Parameter,
  type Rng,
  State,
  stopGradient,
  withoutGradient,
} from '@winnow/core'
import { type InitializerName, initializer } from '../init.ts'
import { checkCount } from '../shape.ts'
import { averaged } from './codebook-averages.ts'
import { oneHotRows, useOfCounts } from './entry-use.ts'
import {
  checkIndices,
  checkOptions,
  checkVectors,
  checkWeight,
  type Quantizer,
  type QuantizerResult,
  rowsOf,
  straightThrough,
} from './quantizer.ts'

/** See {@link VectorQuantizer}. */
export interface VectorQuantizerConfig {
  /** How many entries the codebook has, 2 or more. */
  readonly entries: number
  /** Size of the last axis. */
  readonly features: number
  /** Weight of the commitment loss; 0.25 by default. */
  readonly commitment?: number
  /**
   * Makes the codebook one of moving averages, with this share of the old in each step: in [0, 1), 0.99 is usual. Without
   * it the codebook is a Parameter, trained by its loss.
   */
  readonly decay?: number
  /** Of the Laplace smoothing of the averages; 1e-5 by default. With `decay` only. */
  readonly epsilon?: number
  /**
   * Entries that fewer vectors of a batch became than this, on average, are put on random vectors of the batch; 2 is
   * usual. Above 1, the first step puts all but the busiest entries on its vectors. None are by default. With `decay` only.
   */
  readonly resetDead?: number
  /** How the entries start; `lecunNormal` (length 1 on average) by default. */
  readonly init?: InitializerName
}

/** The options of {@link VectorQuantizer}. */
export const vectorQuantizerOptions: readonly string[] = [
  'entries',
  'features',
  'commitment',
  'decay',
  'epsilon',
  'resetDead',
  'init',
]

/**
 * `[batch, ..., features]` to a {@link QuantizerResult}.
 *
 * Slots: `codebook` `[entries, features]`, a Parameter; with `decay` a State, beside the States `sizes` `[entries]` and
 * `sums` `[entries, features]`, which are updated through `context.update`, so only by a training step that is committed.
 * Of several uses within a step, the last one updates them. Rows that pad a batch count like the others.
 */
export class VectorQuantizer extends Module implements Quantizer {
  readonly config: VectorQuantizerConfig
  readonly codebook: Parameter | State
  readonly sizes: State | undefined
  readonly sums: State | undefined

  /** @throws WinnowError when an option is unknown or out of range, or needs `decay` and comes without it */
  constructor(config: VectorQuantizerConfig, rng: Rng) {
    super()
    checkConfig(config)
    this.config = config
    const { entries, features, decay, init = 'lecunNormal' } = config
    const shape = [entries, features]
    const codebook = initializer(init)(shape, { input: features, output: entries }, rng)
    this.codebook = decay === undefined ? new Parameter(codebook) : new State(codebook)
    // As if every entry had been one vector's so far: an entry that nothing becomes stays where it is.
    this.sizes = decay === undefined ? undefined : new State(ones([entries]))
    this.sums = decay === undefined ? undefined : new State(mul(codebook, 1))
  }

  get entries(): number {
    return this.config.entries
  }

  /** @throws WinnowError when `x` is not float32 `[batch, ..., features]` */
  forward(x: Tensor, context?: Context): QuantizerResult {
    const { entries, features, commitment = 0.25 } = this.config
    checkVectors('VectorQuantizer', x, features)
    const rows = rowsOf(x, features)
    const codebook = this.codebook.value
    const indices = nearestEntries(rows, codebook)
    const taken = withoutGradient(() => oneHotRows(indices, entries))
    const chosen = lookUp(codebook, indices, taken)
    const commit = mul(mean(square(sub(rows, stopGradient(chosen)))), commitment)
    if (context?.training === true) this.#remember(rows, taken, context)
    return {
      quantized: straightThrough(x, reshape(chosen, x.shape)),
      indices: reshape(indices, x.shape.slice(0, -1)),
      loss:
        this.sizes === undefined
          ? add(mean(square(sub(stopGradient(rows), chosen))), commit)
          : commit,
      ...useOfCounts(
        withoutGradient(() => sum(taken, 0)),
        rows.shape[0] as number,
      ),
    }
  }

  /**
   * Indices int32 `[...]` to the entries `[..., features]`. Indices from 0 to `entries - 1` are taken for granted.
   *
   * @throws WinnowError when `indices` are not int32
   */
  decode(indices: Tensor): Tensor {
    checkIndices('VectorQuantizer', indices)
    const flat = reshape(indices, [indices.size]) as Tensor1D
    const entries: Tensor = gather(this.codebook.value, flat)
    return reshape(entries, [...indices.shape, this.config.features])
  }

  #remember(rows: Tensor, taken: Tensor, context: Context): void {
    const { decay, epsilon = 1e-5, resetDead } = this.config
    const { codebook, sizes, sums } = this
    if (decay === undefined || sizes === undefined || sums === undefined) return
    const before = { sizes: sizes.value, sums: sums.value }
    const after = averaged(before, rows, taken, { decay, epsilon, resetDead }, context.rng)
    context.update(sizes, after.sizes)
    context.update(sums, after.sums)
    context.update(codebook as State, after.codebook)
  }
}

/** The nearest entry of each row, the first of equals: int32 `[rows]`. |x|^2 is the same for all and left out. */
function nearestEntries(rows: Tensor, codebook: Tensor): Tensor {
  return withoutGradient(() => {
    const products = matMul(rows as Tensor2D, codebook as Tensor2D, false, true)
    return argMin(sub(sum(square(codebook), 1), mul(products, 2)), 1)
  })
}

/** The entries taken, `[rows, features]`; their gradient goes back to the codebook by the one-hot rows that are there anyway. */
function lookUp(codebook: Tensor, indices: Tensor, taken: Tensor): Tensor {
  const forward = (): Tensor => gather(codebook, indices as Tensor1D)
  if (needsHigherOrder()) return forward()
  return ownGradient('VectorQuantizer', [codebook], {
    forward: (save) => {
      save(taken)
      return forward()
    },
    backward: (gradient, [rows]) => [matMul(rows as Tensor2D, gradient as Tensor2D, true, false)],
  })
}

function checkConfig(config: VectorQuantizerConfig): void {
  const { entries, features, commitment = 0.25, decay, epsilon, resetDead } = config
  checkOptions('VectorQuantizer', config, vectorQuantizerOptions)
  checkCount('VectorQuantizer: entries', entries, 2)
  checkCount('VectorQuantizer: features', features)
  checkWeight('VectorQuantizer: commitment', commitment)
  check(
    decay === undefined || (decay >= 0 && decay < 1),
    () => `VectorQuantizer: decay: ${decay} came, expected a number in [0, 1)`,
  )
  for (const [name, value] of Object.entries({ epsilon, resetDead })) {
    if (value === undefined) continue
    check(
      Number.isFinite(value) && value > 0,
      () => `VectorQuantizer: ${name}: ${value} came, expected a number above 0`,
    )
    check(
      decay !== undefined,
      () =>
        `VectorQuantizer: ${name}: ${value} came without decay, expected both: only a codebook of averages is kept so`,
    )
  }
}
