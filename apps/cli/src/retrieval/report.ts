/**
 * The comparison as a table: for the terminal, and as Markdown.
 */
import type { Interval } from '@winnow/retrieval'
import { number } from '../progress-bar.ts'
import { table } from '../table.ts'
import type { Comparison, ComparisonRow } from './compare.ts'

const HEAD = [
  '',
  'nDCG@10',
  'MRR@10',
  'Recall@100',
  'nDCG@10 over BM25',
  'bottleneck gap',
  'updates',
  'minutes',
] as const

function cells(row: ComparisonRow): readonly string[] {
  const { pretrainingUpdates: before, tuningUpdates: after } = row
  return [
    row.name,
    interval(row.ndcg),
    interval(row.mrr),
    interval(row.recall),
    row.gain === undefined ? '' : interval(row.gain, true),
    row.gap === undefined ? '' : row.gap.toFixed(2),
    after === 0 ? '' : before === 0 ? number(after) : `${number(before)} + ${number(after)}`,
    row.minutes === 0 ? '' : row.minutes.toFixed(1),
  ]
}

/** `0.512 (0.490 to 0.534)`. */
function interval({ mean, low, high }: Interval, signed = false): string {
  const [a, b, c] = [mean, low, high].map(
    (value) => `${signed && value > 0 ? '+' : ''}${value.toFixed(3)}`,
  )
  return `${a} (${b} to ${c})`
}

/** Plain columns. */
export function comparisonReport({ rows }: Comparison): string {
  return table([HEAD, ...rows.map(cells)], [1, 2, 3, 4, 5, 6, 7])
}

/** A table of Markdown. */
export function comparisonMarkdown({ rows }: Comparison): string {
  const line = (parts: readonly string[]): string => `| ${parts.join(' | ')} |`
  const rule = line(HEAD.map((_, i) => (i === 0 ? '---' : '---:')))
  return [line(HEAD), rule, ...rows.map((row) => line(cells(row)))].join('\n')
}
