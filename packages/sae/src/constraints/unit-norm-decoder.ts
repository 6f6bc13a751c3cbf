/**
 * Decoder rows of unit norm (Bricken et al., 2023; Gao et al., 2024): the norm of a latent's direction is arbitrary, and
 * an L1 penalty would let codes shrink while it grows.
 *
 *     u = w / |w|;   after the gradients: g <- g - (g . u) u;   after the update: w <- w / |w|
 *
 * The rows are of unit norm whenever a gradient is taken, so that the projection is along the rows as they are.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { div, maximum, mul, sqrt, square, sub, sum } from '@tensorflow/tfjs-core'
import { checkFields, type PartSpec } from '../parts.ts'
import type { Constraint } from './constraint.ts'

/** {@link unitNormDecoder} as plain JSON. */
export interface UnitNormDecoderSpec extends PartSpec {
  readonly kind: 'unitNormDecoder'
}

/** Keeps each latent's direction at length 1. */
export function unitNormDecoder(): UnitNormDecoderSpec {
  return { kind: 'unitNormDecoder' }
}

/** @throws WinnowError on an unknown field */
export function buildUnitNormDecoder(spec: UnitNormDecoderSpec): Constraint {
  checkFields(spec, [])
  return {
    afterGradients(gradients, { decoder }) {
      const gradient = gradients.get('decoder')
      // The decoder may be frozen.
      if (gradient === undefined) return gradients
      const along = withoutComponent(gradient, unitRows(decoder.value))
      return new Map([...gradients, ['decoder', along]])
    },
    afterUpdate({ decoder }) {
      decoder.assign(unitRows(decoder.value))
    },
  }
}

/** Rows of length 1: `[rows, width]`. A row of zeros stays. */
export function unitRows(matrix: Tensor): Tensor {
  const lengths = sqrt(sum(square(matrix), 1, true))
  return div(matrix, maximum(lengths, 1e-30))
}

/** Each row less its component along the row of `directions`, which are of length 1. */
function withoutComponent(rows: Tensor, directions: Tensor): Tensor {
  return sub(rows, mul(directions, sum(mul(rows, directions), 1, true)))
}
