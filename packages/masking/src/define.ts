/**
 * Any mask strategy from its description: `maskStrategy({ kind: 'random', ratio: 0.75 })`.
 */
import { check, unknownName } from '@winnow/core'
import { type RandomMaskSpec, randomMask } from './random.ts'
import type { MaskSpec, MaskStrategy } from './strategy.ts'

/** Builds the strategies of one kind. */
export type MaskStrategyBuilder<S extends MaskSpec = MaskSpec> = (spec: S) => MaskStrategy

const builtIn: Readonly<Record<string, MaskStrategyBuilder>> = {
  random: (spec) => randomMask(spec as RandomMaskSpec),
}
const defined = new Map<string, MaskStrategyBuilder>()

/**
 * The strategy that `spec` describes; a strategy itself is returned as it is.
 *
 * @throws WinnowError on an unknown kind or field, and on values that the kind refuses
 */
export function maskStrategy(spec: MaskSpec | MaskStrategy): MaskStrategy {
  if (isStrategy(spec)) return spec
  check(
    typeof spec === 'object' && spec !== null && typeof spec.kind === 'string',
    () =>
      `maskStrategy: ${JSON.stringify(spec)} came, expected { kind, ... } such as { kind: 'random', ratio: 0.75 }`,
  )
  const build = Object.hasOwn(builtIn, spec.kind) ? builtIn[spec.kind] : defined.get(spec.kind)
  if (build === undefined) {
    throw unknownName('maskStrategy: kind', spec.kind, [...Object.keys(builtIn), ...defined.keys()])
  }
  return build(spec)
}

/**
 * Gives a strategy of one's own a kind, so that `{ kind, ... }` makes it everywhere, also from a checkpoint. The rest of
 * the description must be plain JSON.
 *
 * @throws WinnowError when the kind is taken by another builder
 */
export function defineMaskStrategy<S extends MaskSpec>(
  kind: string,
  build: MaskStrategyBuilder<S>,
): void {
  const known = Object.hasOwn(builtIn, kind) ? builtIn[kind] : defined.get(kind)
  if (known === (build as unknown)) return
  check(
    known === undefined,
    () => `defineMaskStrategy: kind '${kind}' came, which is taken already`,
  )
  defined.set(kind, build as unknown as MaskStrategyBuilder)
}

function isStrategy(spec: MaskSpec | MaskStrategy): spec is MaskStrategy {
  return typeof (spec as Partial<MaskStrategy> | null)?.draw === 'function'
}
