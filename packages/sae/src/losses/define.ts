/** The added losses by kind. */
import { type PartBuilder, type PartKinds, type PartSpec, partKinds } from '../parts.ts'
import { type AuxKSpec, buildAuxK } from './aux-k.ts'
import { buildL1, type L1Spec } from './l1.ts'
import type { AddedLoss } from './loss.ts'
import { buildMultiTopK, type MultiTopKSpec } from './multi-top-k.ts'

/** A loss as plain JSON: of a built-in kind, or of one's own. */
export type LossSpec = AuxKSpec | MultiTopKSpec | L1Spec | PartSpec

export const losses: PartKinds<AddedLoss> = partKinds('loss', {
  auxK: buildAuxK as PartBuilder<AddedLoss>,
  multiTopK: buildMultiTopK as PartBuilder<AddedLoss>,
  l1: buildL1 as unknown as PartBuilder<AddedLoss>,
})

/**
 * Gives a loss of one's own a kind, so that `{ kind, ... }` makes it everywhere, also from a checkpoint.
 *
 * @throws WinnowError when the kind is taken by another builder
 */
export function defineLoss<Spec extends PartSpec>(
  kind: string,
  build: PartBuilder<AddedLoss, Spec>,
): void {
  losses.define(kind, build)
}
