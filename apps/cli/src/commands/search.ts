/**
 * `winnow search`: an index of a folder's texts, and questions to it; without a network.
 */
import { useBackend, WinnowError, writeFileAtomic } from '@winnow/core'
import { Command } from 'commander'
import { INTERRUPTED, interruptible } from '../interrupt.ts'
import { number } from '../progress-bar.ts'
import { type Answer, answers, clean, snippet } from '../search/answer.ts'
import { findEmbedder } from '../search/embedder.ts'
import { foundTexts } from '../search/found-texts.ts'
import { buildIndex, openIndex } from '../search/text-index.ts'
import type { Terminal } from '../terminal.ts'
import { whole } from './options.ts'

const INDEX = 'winnow-search.index'
const REPORT_MILLISECONDS = 5_000

interface IndexSettings {
  readonly out: string
  readonly model: boolean
  readonly backend?: string
}

interface QuerySettings {
  readonly index: string
  readonly k: number
  readonly json?: boolean
  readonly backend?: string
}

export function searchIndexCommand(terminal: Terminal): Command {
  return new Command('index')
    .description('index the texts of a folder: .txt, .md, .html and .jsonl files')
    .argument('<folder>', 'a folder, or one file')
    .option('--out <file>', 'where to write the index', INDEX)
    .option('--no-model', 'by words alone')
    .option('--backend <name>', 'for the model; the best that works by default')
    .action((folder: string, settings: IndexSettings) => indexFolder(terminal, folder, settings))
}

async function indexFolder(
  terminal: Terminal,
  folder: string,
  { out, model, backend }: IndexSettings,
): Promise<void> {
  const say = (line: string): void => void terminal.stderr.write(`${line}\n`)
  const begun = performance.now()
  const { texts, files, leftOut } = await foundTexts(folder)
  for (const reason of leftOut) say(`left out: ${reason}`)
  const embedder = model ? await findEmbedder(() => prepare(terminal, backend)) : undefined
  let told = begun
  const onProgress = (done: number, all: number): void => {
    if (performance.now() - told < REPORT_MILLISECONDS && done < all) return
    told = performance.now()
    say(`${number(done)} of ${number(all)} passages`)
  }
  const index = await interruptible(
    async (signal) => {
      try {
        return await buildIndex(texts, { embedder, signal, onProgress })
      } catch (error) {
        if (signal.aborted) return undefined
        throw error
      }
    },
    () => say('interrupted: nothing is written'),
  )
  if (index === undefined) {
    terminal.exitCode = INTERRUPTED
    return
  }
  const bytes = index.serialise()
  await writeFileAtomic(out, bytes)
  const seconds = ((performance.now() - begun) / 1000).toFixed(1)
  terminal.stdout.write(
    `${out}: ${number(index.size)} passages of ${number(texts.length)} texts in ` +
      `${number(files - leftOut.length)} files, found by ${index.finds}, ` +
      `${(bytes.length / 2 ** 20).toFixed(1)} MB, ${seconds} s\n`,
  )
}

export function searchQueryCommand(terminal: Terminal): Command {
  return new Command('query')
    .description('find passages in an index')
    .argument('<query>', 'what to look for')
    .option('--index <file>', 'the index', INDEX)
    .option('--k <number>', 'the most hits', whole(1), 5)
    .option('--json', 'print JSON')
    .option('--backend <name>', 'for the model; the best that works by default')
    .action((query: string, settings: QuerySettings) => ask(terminal, query, settings))
}

async function ask(
  terminal: Terminal,
  query: string,
  { index: path, k, json = false, backend }: QuerySettings,
): Promise<void> {
  if (query.trim() === '') throw new WinnowError('query: nothing came, expected words to look for')
  const index = await openIndex(path, () => findEmbedder(() => prepare(terminal, backend)))
  const found = await answers(index, query, k)
  if (json) {
    terminal.stdout.write(`${JSON.stringify(found, null, 2)}\n`)
  } else if (found.length === 0) {
    terminal.stderr.write(`nothing found in ${number(index.size)} passages\n`)
  } else {
    const bold = terminal.stdout.isTTY === true && !process.env['NO_COLOR']
    const mark = (word: string): string => (bold ? `\u001b[1m${word}\u001b[22m` : `**${word}**`)
    for (const answer of found) terminal.stdout.write(shown(answer, mark))
  }
}

function shown(answer: Answer, mark: (word: string) => string): string {
  const { path, title, score } = answer
  const heading = title === '' ? path : `${path}: ${title}`
  return `${clean(heading)}  (${score.toPrecision(3)})\n    ${snippet(answer, mark)}\n`
}

async function prepare({ stderr }: Terminal, name: string | undefined): Promise<void> {
  const { name: backend, device } = await useBackend(name === undefined ? {} : { name })
  stderr.write(`backend ${backend}: ${device}\n`)
}
