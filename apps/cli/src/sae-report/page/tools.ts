/**
 * What the page computes, apart from its elements. Each function goes into the page as its own source text, so that it may
 * use nothing but its arguments and the language.
 */
import type { ReportData, ReportFeature } from '../data.ts'

/** What of a feature is searched, in lower case. */
export interface SearchText {
  /** The strong tokens, and those it raises. */
  readonly main: string
  /** All tokens of its examples. */
  readonly rest: string
}

/** What of each feature is searched. */
export function searchTexts(
  data: Pick<ReportData, 'vocabulary' | 'stream' | 'features'>,
): SearchText[] {
  const { vocabulary, stream, features } = data
  const lower = vocabulary.map((text) => text.toLowerCase())
  return features.map(({ examples, up }) => {
    const main: string[] = []
    const rest: string[] = []
    for (const { peak, start, levels } of examples) {
      main.push(lower[stream[peak] as number] ?? '')
      for (let i = 0; i < levels.length; i++) rest.push(lower[stream[start + i] as number] ?? '')
      rest.push('\n')
    }
    for (const [token] of up) main.push(lower[token] ?? '')
    return { main: main.join('\n'), rest: rest.join('') }
  })
}

/**
 * The features that a query finds: by number (`12` or `#12`) that one first; then those whose strong or raised tokens have
 * the text, then those that have it in an example. All of an empty query.
 */
export function searchFeatures(texts: readonly SearchText[], query: string): number[] {
  const wanted = query.trim().toLowerCase()
  if (wanted === '') return texts.map((_, feature) => feature)
  const digits = /^#?(\d+)$/.exec(wanted)
  const exact = digits === null ? -1 : Number(digits[1])
  const found: number[] = exact >= 0 && exact < texts.length ? [exact] : []
  if (wanted.startsWith('#')) return found
  const weaker: number[] = []
  for (const [feature, { main, rest }] of texts.entries()) {
    if (feature === exact) continue
    if (main.includes(wanted)) found.push(feature)
    else if (rest.includes(wanted)) weaker.push(feature)
  }
  for (const feature of weaker) found.push(feature)
  return found
}

/** Brings features into another order: `number` leaves them as they came. */
export function ordered(
  found: readonly number[],
  features: readonly Pick<ReportFeature, 'on' | 'most'>[],
  order: string,
): number[] {
  if (order !== 'on' && order !== 'most') return [...found]
  const value = (feature: number): number => features[feature]?.[order] ?? 0
  return [...found].sort((a, b) => value(b) - value(a) || a - b)
}

/** The rows `first` up to `end` that can be seen, and some more on both sides. */
export function visibleRows(
  place: { readonly top: number; readonly height: number },
  rowHeight: number,
  count: number,
): { first: number; end: number } {
  const more = 8
  const first = Math.max(0, Math.floor(place.top / rowHeight) - more)
  const end = Math.min(count, Math.ceil((place.top + place.height) / rowHeight) + more)
  return { first: Math.min(first, count), end: Math.max(Math.min(first, count), end) }
}

/** Where a key leads in a list of `count` rows; undefined for keys that lead nowhere. */
export function rowAfterKey(
  key: string,
  row: number,
  count: number,
  page: number,
): number | undefined {
  const steps: Record<string, number> = {
    ArrowDown: 1,
    ArrowUp: -1,
    PageDown: page,
    PageUp: -page,
    Home: Number.NEGATIVE_INFINITY,
    End: Number.POSITIVE_INFINITY,
  }
  const step = Object.hasOwn(steps, key) ? steps[key] : undefined
  if (step === undefined || count === 0) return undefined
  return Math.max(0, Math.min(count - 1, row + step))
}

/** How strong a letter of `levels` is: 0 to 1. */
export function strength(letter: string): number {
  const level = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'.indexOf(letter)
  return Math.max(0, level) / 61
}

/** Heights of a histogram's bars, 0 to 1, by the logarithm of the counts. */
export function barHeights(bins: readonly number[]): number[] {
  const tallest = Math.log1p(Math.max(1, ...bins))
  return bins.map((count) => Math.log1p(count) / tallest)
}

/** A token for the eye: line ends can be seen, and the end of a text is a sign. */
export function shown(text: string): string {
  if (text === '<|endoftext|>') return '∎'
  return text.replaceAll('\n', '↵').replaceAll('\t', '⇥')
}

/** All of them, by name. */
export interface PageTools {
  readonly searchTexts: typeof searchTexts
  readonly searchFeatures: typeof searchFeatures
  readonly ordered: typeof ordered
  readonly visibleRows: typeof visibleRows
  readonly rowAfterKey: typeof rowAfterKey
  readonly strength: typeof strength
  readonly barHeights: typeof barHeights
  readonly shown: typeof shown
}

/** See {@link PageTools}. */
export const pageTools: PageTools = {
  searchTexts,
  searchFeatures,
  ordered,
  visibleRows,
  rowAfterKey,
  strength,
  barHeights,
  shown,
}
