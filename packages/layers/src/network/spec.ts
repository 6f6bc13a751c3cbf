/**
 * Networks described by plain JSON, so that a model's config can be stored in a checkpoint and rebuilt from it.
 */
import type { Rng } from '@winnow/core'
import { check, unknownName } from '@winnow/core'
import type { LayerModule } from '../layer.ts'
import type { Shape } from '../shape.ts'

/** A network as plain JSON: its kind, and what that kind needs to know. */
export interface NetworkSpec {
  readonly kind: string
}

/** The shapes that a network maps between, without the batch. */
export interface NetworkShapes {
  readonly input: Shape
  readonly output: Shape
}

/** Builds a network of the user's own: `[batch, ...input]` to `[batch, ...output]`. */
export type NetworkFunction = (shapes: NetworkShapes, rng: Rng) => LayerModule

/** Builds the networks of one kind: `[batch, ...input]` to `[batch, ...output]`. */
export type NetworkBuilder<S extends NetworkSpec = NetworkSpec> = (
  spec: S,
  shapes: NetworkShapes,
  rng: Rng,
) => LayerModule

/** Throws when a spec, which may come from a file, has a field that its kind does not know. */
export function checkFields(spec: NetworkSpec, known: readonly string[]): void {
  for (const field of Object.keys(spec)) {
    if (!known.includes(field)) throw unknownName(`${spec.kind}: field`, field, known)
  }
}

/** Throws unless `sizes` is a list of whole numbers >= 1. */
export function checkSizes(argument: string, sizes: readonly number[], least = 0): void {
  check(
    Array.isArray(sizes) &&
      sizes.length >= least &&
      sizes.every((size) => Number.isInteger(size) && size >= 1),
    () =>
      `${argument}: ${JSON.stringify(sizes)} came, expected a list of ${least > 0 ? `at least ${least} ` : ''}whole numbers >= 1`,
  )
}
