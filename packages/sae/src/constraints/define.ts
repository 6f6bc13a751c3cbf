/** The constraints by kind. */
import { type PartBuilder, type PartKinds, type PartSpec, partKinds } from '../parts.ts'
import type { Constraint } from './constraint.ts'
import { buildUnitNormDecoder, type UnitNormDecoderSpec } from './unit-norm-decoder.ts'

/** A constraint as plain JSON: of a built-in kind, or of one's own. */
export type ConstraintSpec = UnitNormDecoderSpec | PartSpec

export const constraints: PartKinds<Constraint> = partKinds('constraint', {
  unitNormDecoder: buildUnitNormDecoder as PartBuilder<Constraint>,
})

/**
 * Gives a constraint of one's own a kind, so that `{ kind, ... }` makes it everywhere, also from a checkpoint.
 *
 * @throws WinnowError when the kind is taken by another builder
 */
export function defineConstraint<Spec extends PartSpec>(
  kind: string,
  build: PartBuilder<Constraint, Spec>,
): void {
  constraints.define(kind, build)
}
