/**
 * Where a passage says what a query asks for.
 */
import { Analyzer } from './analyzer.ts'

/** Part of a text, in UTF-16 units: `text.slice(start, end)`. */
export interface TextRange {
  readonly start: number
  readonly end: number
}

/**
 * The words of a passage that have a term of the query, in their order; words that differ in their ending only count where
 * the analyzer takes endings off.
 *
 * @param query a text, or its terms as an analyzer gave them
 * @param options.analyzer that of the index; English stems by default
 */
export function highlight(
  passage: string,
  query: string | readonly string[],
  options: { readonly analyzer?: Analyzer } = {},
): readonly TextRange[] {
  const { analyzer = new Analyzer() } = options
  const wanted = new Set(typeof query === 'string' ? analyzer.terms(query) : query)
  if (wanted.size === 0) return []
  return analyzer
    .words(passage)
    .filter(({ term }) => wanted.has(term))
    .map(({ start, end }) => ({ start, end }))
}
