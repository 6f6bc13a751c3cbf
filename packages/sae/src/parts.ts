/**
 * Parts of a model by description: `{ kind: 'topK', k: 32 }` stands for a part that a builder of that kind makes, so that
 * a configuration is plain JSON and is stored in checkpoints.
 */
import { check, type Rng, unknownName } from '@winnow/core'

/** A part as plain JSON: its kind, and what that kind needs to know. */
export interface PartSpec {
  readonly kind: string
}

/** What a builder knows of the model that its part is for. */
export interface PartPlace {
  readonly inputs: number
  readonly latents: number
  /** The activation's description, for parts that follow it. */
  readonly activation: PartSpec
  readonly rng: Rng
}

/** Builds the parts of one kind. */
export type PartBuilder<Part, Spec extends PartSpec = PartSpec> = (
  spec: Spec,
  place: PartPlace,
) => Part

/** The kinds of one sort of part: those that are built in, and those that were defined. */
export interface PartKinds<Part> {
  /** @throws WinnowError on an unknown kind or field, and on values that the kind refuses */
  build(spec: PartSpec, place: PartPlace): Part
  /** @throws WinnowError when the kind is taken by another builder */
  define<Spec extends PartSpec>(kind: string, builder: PartBuilder<Part, Spec>): void
}

/** @param what the sort of part, for messages: `activation` */
export function partKinds<Part>(
  what: string,
  builtIn: Readonly<Record<string, PartBuilder<Part>>>,
): PartKinds<Part> {
  const defined = new Map<string, PartBuilder<Part>>()
  const find = (kind: string): PartBuilder<Part> | undefined =>
    Object.hasOwn(builtIn, kind) ? builtIn[kind] : defined.get(kind)
  return {
    build(spec, place) {
      check(
        typeof spec === 'object' && spec !== null && typeof spec.kind === 'string',
        () => `${what}: ${JSON.stringify(spec)} came, expected a description: { kind, ... }`,
      )
      const builder = find(spec.kind)
      if (builder === undefined) {
        throw unknownName(`${what}: kind`, spec.kind, [...Object.keys(builtIn), ...defined.keys()])
      }
      return builder(spec, place)
    },
    define(kind, builder) {
      const known = find(kind)
      check(
        known === undefined || known === (builder as unknown),
        () => `${what}: kind '${kind}' came, which is taken already`,
      )
      if (known === undefined) defined.set(kind, builder as unknown as PartBuilder<Part>)
    },
  }
}

/** Throws when a description, which may come from a file, has a field that its kind does not know. */
export function checkFields(spec: PartSpec, known: readonly string[]): void {
  for (const field of Object.keys(spec)) {
    if (field !== 'kind' && !known.includes(field)) {
      throw unknownName(`${spec.kind}: field`, field, known)
    }
  }
}

/** Throws unless a count is a whole number from 1 to the number of latents. */
export function checkCount(argument: string, count: number, latents: number): void {
  check(
    Number.isInteger(count) && count >= 1 && count <= latents,
    () => `${argument}: ${count} came, expected a whole number from 1 to the ${latents} latents`,
  )
}

/** Throws unless a weight is a finite number >= 0. */
export function checkWeight(argument: string, weight: number): void {
  check(
    Number.isFinite(weight) && weight >= 0,
    () => `${argument}: ${weight} came, expected a number >= 0`,
  )
}
