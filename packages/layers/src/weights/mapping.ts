/**
 * How the names of another library's file become the paths of a module: plain data, with a function where the layout
 * differs too.
 */
import type { WeightConversion } from './arrays.ts'

/** What becomes of one kind of tensor of a file. */
export interface WeightRule {
  /**
   * Its name in the file; several where versions differ. `{0}` stands for a whole number and `{1}` for a second one.
   */
  readonly from: string | readonly string[]
  /** The path of the slot that it fills, with the same numbers; several where it is cut apart. */
  readonly to: string | readonly string[]
  /** Makes the array into those of the slots, in the order of `to`; left as it is by default. */
  readonly convert?: WeightConversion
}

/** See {@link loadWeights}. */
export interface WeightMapping {
  /** What errors call the layout. */
  readonly name: string
  /** What may stand before any name of the file, such as `bert.`. */
  readonly prefixes?: readonly string[]
  readonly rules: readonly WeightRule[]
  /** Names that a file may have and that nothing is made of: as {@link WeightRule.from}, with `*` for any text. */
  readonly ignore?: readonly string[]
  /** Paths of slots that keep their values where the file has none for them: `*` for any text. */
  readonly keep?: readonly string[]
}

/** Takes every tensor of a file to the slot of the same name: for a module saved by another program in Winnow's layout. */
export const sameNames: WeightMapping = { name: 'same names', rules: [{ from: '*', to: '*' }] }

/** The same rules for a module that stands inside another: `inside('encoder', timmVit.rules)`. */
export function inside(path: string, rules: readonly WeightRule[]): WeightRule[] {
  const under = (to: string): string => `${path}.${to}`
  return rules.map((rule) => ({
    ...rule,
    to: typeof rule.to === 'string' ? under(rule.to) : rule.to.map(under),
  }))
}

/** A rule for a weight and one for its bias, which stays as it is. */
export function weightAndBias(
  from: string,
  to: string,
  convert?: WeightConversion,
): readonly WeightRule[] {
  return [
    { from: `${from}.weight`, to: `${to}.weight`, ...(convert && { convert }) },
    { from: `${from}.bias`, to: `${to}.bias` },
  ]
}

/** What the placeholders of a pattern stand for in `name`, by placeholder; undefined when it does not fit. */
export function matchName(
  pattern: string,
  name: string,
): Readonly<Record<string, string>> | undefined {
  const expression = expressionOf(pattern)
  const found = expression.exec(name)
  return found === null ? undefined : { ...found.groups }
}

/** A pattern with what its placeholders stand for put in. */
export function fillName(pattern: string, values: Readonly<Record<string, string>>): string {
  return pattern
    .replace(/\{(\d)\}/g, (whole, digit: string) => values[`n${digit}`] ?? whole)
    .replace('*', (whole) => values['rest'] ?? whole)
}

const expressions = /* @__PURE__ */ new Map<string, RegExp>()

function expressionOf(pattern: string): RegExp {
  const known = expressions.get(pattern)
  if (known !== undefined) return known
  const source = pattern
    .replace(/[.+?^$()|[\]\\]/g, '\\$&')
    .replace(/\{(\d)\}/g, '(?<n$1>\\d+)')
    .split('*')
    .reduce((before, after, i) => `${before}${i === 1 ? '(?<rest>.*)' : '.*'}${after}`)
  const expression = new RegExp(`^${source}$`)
  expressions.set(pattern, expression)
  return expression
}
