/** The activations by kind. */
import { type PartBuilder, type PartKinds, type PartSpec, partKinds } from '../parts.ts'
import type { Activation } from './activation.ts'
import { buildJumpRelu, type JumpReluSpec } from './jump-relu.ts'
import { buildRelu, type ReluSpec } from './relu.ts'
import { buildTopK, type TopKSpec } from './top-k.ts'

/** An activation as plain JSON: of a built-in kind, or of one's own. */
export type ActivationSpec = TopKSpec | ReluSpec | JumpReluSpec | PartSpec

export const activations: PartKinds<Activation> = partKinds('activation', {
  topK: buildTopK as PartBuilder<Activation>,
  relu: buildRelu as PartBuilder<Activation>,
  jumpRelu: buildJumpRelu as PartBuilder<Activation>,
})

/**
 * Gives an activation of one's own a kind, so that `{ kind, ... }` makes it everywhere, also from a checkpoint.
 *
 * @throws WinnowError when the kind is taken by another builder
 */
export function defineActivation<Spec extends PartSpec>(
  kind: string,
  build: PartBuilder<Activation, Spec>,
): void {
  activations.define(kind, build)
}
