/**
 * Muon (Jordan et al., 2024): momentum, then the nearest matrix with orthonormal rows or columns.
 *
 * Newton-Schulz on X = G / |G|, five times:  A = X X^T;  X = 3.4445 X + (-4.7750 A + 2.0315 A A) X
 *
 * which brings every singular value near 1 (about 0.7 to 1.2), however small it was. Vectors, embeddings and heads take
 * AdamW instead.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { add, div, matMul, mul, norm, reshape } from '@tensorflow/tfjs-core'
import { check } from '../error.ts'
import type { Selector } from '../module.ts'
import { scaleByAdam } from './adam.ts'
import { chain, named, partition } from './chain.ts'
import { CompositeMemory } from './memory.ts'
import { momentum } from './momentum.ts'
import type { Optimizer } from './optimizer.ts'
import { type AdamWOptions, adamScale, compose, decayOf } from './optimizers.ts'
import { checkNames, checkWhole } from './options.ts'

/**
 * How large an orthogonalised update `[rows, columns]` is made; `columns` is the last axis, the output in our layers.
 *
 * - `adam`: times `0.2 sqrt(max(rows, columns))`, which gives its numbers the root mean square of Adam's updates
 *   (Liu et al., 2025), so that one learning rate and weight decay serve both.
 * - `spectral`: times `sqrt(max(1, columns / rows))`, as in Jordan's own; learning rates are near 0.02.
 */
export type MuonScale = 'adam' | 'spectral'

/** Options of {@link orthogonalize}. */
export interface OrthogonalizeOptions {
  /** Newton-Schulz steps, at least 1; 5 by default. */
  readonly steps?: number
  /** `adam` by default. */
  readonly scale?: MuonScale
}

/** Options of {@link scaleByMuon}. */
export interface MuonScaleOptions extends OrthogonalizeOptions {
  /** The share of the velocity that is kept, in [0, 1); 0.95 by default. */
  readonly momentum?: number
  /** True by default. */
  readonly nesterov?: boolean
}

/** Options of {@link muon}. `betas` and `epsilon` are for the parameters that take Adam. */
export interface MuonOptions extends AdamWOptions, MuonScaleOptions {
  /** Which parameters are orthogonalised; {@link hiddenMatrices} by default. The others take AdamW. */
  readonly select?: Selector
}

const COEFFICIENTS = [3.4445, -4.775, 2.0315] as const
const OPTIONS = ['momentum', 'nesterov', 'steps', 'scale']

/** Weights of two axes or more that no part of the path calls an embedding, a table of tokens or positions, or a head. */
export const hiddenMatrices: Selector = (path, slot) =>
  slot.shape.length >= 2 &&
  !path
    .split('.')
    .some((name) => /embed|token|position|codebook|^(head|classifier|logits)$/i.test(name))

/**
 * Replaces each matrix by one whose singular values are near 1, scaled. Weights of more axes, as of convolutions, are
 * taken as `[all but the last, last]`. A zero gradient stays zero.
 *
 * @throws WinnowError in `create` for parameters of fewer than two axes
 */
export function orthogonalize(options: OrthogonalizeOptions = {}): Optimizer<CompositeMemory> {
  checkNames('orthogonalize', options, ['steps', 'scale'])
  const { steps = 5, scale = 'adam' } = options
  checkWhole('orthogonalize: steps', steps, 1)
  check(
    scale === 'adam' || scale === 'spectral',
    () => `orthogonalize: scale: ${String(scale)} came, expected 'adam' or 'spectral'`,
  )
  return {
    name: 'orthogonal',
    create(parameters) {
      for (const [path, { shape }] of parameters) {
        check(
          shape.length >= 2,
          () => `orthogonalize: '${path}' has shape [${shape}], expected two axes or more`,
        )
      }
      return new CompositeMemory({})
    },
    scalars: () => ({}),
    update(gradients) {
      return new Map([...gradients].map(([path, gradient]) => [path, scaled(gradient)]))
    },
  }

  function scaled(gradient: Tensor): Tensor {
    const columns = gradient.shape.at(-1) as number
    const rows = gradient.size / columns
    const factor =
      scale === 'adam'
        ? 0.2 * Math.sqrt(Math.max(rows, columns))
        : Math.sqrt(Math.max(1, columns / rows))
    const matrix = reshape(gradient, [rows, columns])
    return reshape(mul(newtonSchulz(matrix, steps), factor), gradient.shape)
  }
}

/** The matrix `[rows, columns]` with its singular values brought near 1. */
export function newtonSchulz(matrix: Tensor, steps = 5): Tensor {
  const [rows, columns] = matrix.shape as [number, number]
  const [a, b, c] = COEFFICIENTS
  // The product over the longer axis: the smaller square.
  const tall = rows > columns
  let x = div(matrix, add(norm(matrix), 1e-7))
  for (let step = 0; step < steps; step++) {
    const square = matMul(x, x, tall, !tall)
    const polynomial = add(mul(square, b), mul(matMul(square, square), c))
    x = add(mul(x, a), tall ? matMul(x, polynomial) : matMul(polynomial, x))
  }
  return x
}

/** Momentum, then {@link orthogonalize}: for matrices only. State: `momentum.velocity`. */
export function scaleByMuon(options: MuonScaleOptions = {}): Optimizer<CompositeMemory> {
  checkNames('scaleByMuon', options, OPTIONS)
  const { momentum: decay = 0.95, nesterov = true, steps, scale } = options
  const orthogonal = orthogonalize({
    ...(steps !== undefined && { steps }),
    ...(scale && { scale }),
  })
  return named('muon', chain(momentum({ decay, nesterov }), orthogonal))
}

/** Muon for the hidden weights, Adam for the rest; decoupled weight decay for both, 0.1 by default, on matrices. */
export function muon(options: MuonOptions): Optimizer<CompositeMemory> {
  const common = ['learningRate', 'clipNorm', 'weightDecay', 'decay', 'betas', 'epsilon', 'select']
  checkNames('muon', options, [...common, ...OPTIONS])
  const { select = hiddenMatrices } = options
  const own = Object.fromEntries(Object.entries(options).filter(([name]) => OPTIONS.includes(name)))
  const groups = partition([
    { select, use: scaleByMuon(own) },
    { use: scaleByAdam(adamScale(options)) },
  ])
  return compose('muon', options, [named('groups', groups), ...decayOf(options, 0.1)])
}
