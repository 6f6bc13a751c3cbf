/**
 * Any mask strategy from its description: `maskStrategy({ kind: 'random', ratio: 0.75 })`.
 */
import { check, unknownName } from '@winnow/core'
import { type BlockMaskSpec, blockMask } from './block.ts'
import { type GridMaskSpec, gridMask } from './grid.ts'
import { type RandomMaskSpec, randomMask } from './random.ts'
import type { MaskSpec, MaskStrategy } from './strategy.ts'
import { buildTubeMask, type TubeMaskOptions, type TubeMaskSpec } from './tube.ts'
import { type WholeWordMaskSpec, wholeWordMask } from './whole-word.ts'

/** A strategy as plain JSON: of a built-in kind, or of one's own. */
export type MaskDescription =
  | RandomMaskSpec
  | BlockMaskSpec
  | GridMaskSpec
  | TubeMaskSpec
  | WholeWordMaskSpec
  | MaskSpec

/** Builds the strategies of one kind. */
export type MaskStrategyBuilder<S extends MaskSpec = MaskSpec> = (spec: S) => MaskStrategy

const builtIn: Readonly<Record<string, MaskStrategyBuilder>> = {
  random: (spec) => randomMask(spec as RandomMaskSpec),
  block: (spec) => blockMask(spec as BlockMaskSpec),
  grid: (spec) => gridMask(spec as GridMaskSpec),
  tube: (spec) => tubeMask(spec as TubeMaskSpec),
  wholeWord: (spec) => wholeWordMask(spec as WholeWordMaskSpec),
}
const defined = new Map<string, MaskStrategyBuilder>()

/**
 * The strategy that `spec` describes; a strategy itself is returned as it is.
 *
 * @throws WinnowError on an unknown kind or field, and on values that the kind refuses
 */
export function maskStrategy(spec: MaskDescription | MaskStrategy): MaskStrategy {
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
 * Hides the same places in all frames of a grid `[frames, rows, columns]`: `floor(rows * columns * (1 - ratio))` tokens
 * of each frame are kept.
 *
 * @throws WinnowError on options out of range; from `count` and `draw` when the grid is no clip, is no multiple of
 *   `frames`, or would keep nothing
 */
export function tubeMask(options: TubeMaskOptions | TubeMaskSpec): MaskStrategy {
  return buildTubeMask(options, maskStrategy)
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

function isStrategy(spec: MaskDescription | MaskStrategy): spec is MaskStrategy {
  return typeof (spec as Partial<MaskStrategy> | null)?.draw === 'function'
}
