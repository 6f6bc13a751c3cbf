/**
 * TopK (Makhzani and Frey, 2013, k-Sparse Autoencoders; Gao et al., 2024): the k largest preactivations of each row,
 * rectified; all others are 0.
 *
 *     f = relu(TopK(z))
 *
 * Where fewer than k are positive, fewer than k are on.
 */
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core'
import { add, range, relu, reshape, scatterND, topk } from '@tensorflow/tfjs-core'
import { checkCount, checkFields, type PartPlace, type PartSpec } from '../parts.ts'
import type { SparseEntries } from '../sparse/decode.ts'
import type { Activation } from './activation.ts'

/** {@link topK} as plain JSON. */
export interface TopKSpec extends PartSpec {
  readonly kind: 'topK'
  readonly k: number
}

/** Keeps the `k` largest preactivations of each example. */
export function topK(k: number): TopKSpec {
  return { kind: 'topK', k }
}

/** @throws WinnowError unless 1 <= k <= latents */
export function buildTopK(spec: TopKSpec, { latents }: PartPlace): Activation {
  checkFields(spec, ['k'])
  checkCount('topK: k', spec.k, latents)
  return {
    kept: spec.k,
    forward: (preactivations) => spread(largest(preactivations, spec.k), latents),
  }
}

/** The `k` largest preactivations of each row, rectified: both `[batch, k]`. */
export function largest(preactivations: Tensor, k: number): SparseEntries {
  const { values, indices } = topk(preactivations, k)
  return { values: relu(values), indices }
}

/** Entries in their places: `[batch, latents]`. */
export function spread({ values, indices }: SparseEntries, latents: number): Tensor {
  const [batch, kept] = values.shape as [number, number]
  const starts = reshape(range(0, batch * latents, latents, 'int32'), [batch, 1])
  const places = reshape(add(indices, starts), [batch * kept, 1])
  // The places of a row differ, so that nothing is added to anything.
  const flat: Tensor = scatterND(places, reshape(values, [batch * kept]) as Tensor1D, [
    batch * latents,
  ])
  return reshape(flat, [batch, latents])
}
