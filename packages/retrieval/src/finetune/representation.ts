/**
 * What a passage is searched by: a dense vector, weights of words, or both; and how two are compared.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import {
  add,
  cast,
  div,
  greaterEqual,
  matMul,
  maximum,
  mul,
  slice,
  sqrt,
  square,
  sum,
  tidy,
  topk,
} from '@tensorflow/tfjs-core'
import { check, withoutGradient } from '@winnow/core'

/** Of some passages; at least one of the two is there. */
export interface Representation {
  /** `[passages, width]`. */
  readonly dense?: Tensor
  /** A weight for each entry of the vocabulary, most of them zero: `[passages, vocabulary]`. */
  readonly lexical?: Tensor
}

/** Whatever makes representations of ids int32 `[passages, tokens]`, ready to be compared by {@link score}. */
export interface PassageModel {
  /**
   * What the passages are compared by.
   *
   * @param ids int32 `[passages, tokens]`
   */
  represent(ids: Tensor): Representation
}

/** The products of all pairs, those of both parts added up: `[queries, passages]`. */
export function score(queries: Representation, passages: Representation): Tensor {
  const products: Tensor[] = []
  for (const part of ['dense', 'lexical'] as const) {
    const [a, b] = [queries[part], passages[part]]
    check(
      (a === undefined) === (b === undefined),
      () => `score: one side alone has a ${part} part, expected both or neither`,
    )
    if (a !== undefined && b !== undefined) {
      products.push(matMul(a as Tensor<never>, b as Tensor<never>, false, true))
    }
  }
  check(products.length > 0, () => 'score: nothing came to compare')
  return products.reduce((total, next) => add(total, next))
}

/** Each part with vectors of length 1, so that their products are cosines. */
export function normalised({ dense, lexical }: Representation): Representation {
  return {
    ...(dense && { dense: unit(dense) }),
    ...(lexical && { lexical: unit(lexical) }),
  }
}

function unit(x: Tensor): Tensor {
  return tidy(() => div(x, sqrt(maximum(sum(square(x), -1, true), 1e-12))))
}

/**
 * Rows with their `count` largest values and zeros elsewhere (with ties, more). The gradient goes to what is kept.
 *
 * @param x `[rows, width]`
 */
export function keepLargest(x: Tensor, count: number): Tensor {
  const [rows, width] = x.shape as [number, number]
  if (count >= width) return x
  return tidy(() => {
    const kept = withoutGradient(() => {
      const { values } = topk(x, count)
      return cast(greaterEqual(x, slice(values, [0, count - 1], [rows, 1])), 'float32')
    })
    return mul(x, kept)
  })
}
