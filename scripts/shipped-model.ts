/**
 * What the packages of trained models (`packages/*-tiny`) have in common when they are made from the folder of a finished run:
 * its record, what their cards all tell, the place of a card in a README, and files that are written once all are made.
 */
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/** What is read of `history.json`. */
export interface RunRecord<Test, Settings = object> {
  readonly kind: string
  readonly settings: { readonly [name: string]: unknown; readonly data: string } & Settings
  readonly backend: { readonly name: string; readonly device: string }
  readonly run: {
    readonly steps: number
    readonly history: { readonly epochs: readonly { readonly seconds: number }[] }
  }
  readonly test: Test
}

/** What every card tells. */
export interface CommonCard {
  readonly bytes: number
  readonly sha256: string
  readonly data: string
  readonly command: string
  readonly updates: number
  readonly minutes: number
  readonly backend: string
}

/** Settings that say where and how long, not what. */
const NOT_IN_COMMAND = new Set([
  ...['out', 'resume', 'steps', 'minutes', 'epochs', 'backend', 'software'],
])

const BEGIN = '<!-- card -->'
const END = '<!-- end of card -->'

/**
 * @param folder that `winnow train KIND` wrote
 * @throws Error when the run is of another kind, or goes on
 */
export function finishedRun<Test, Settings = object>(
  folder: string,
  kind: string,
): RunRecord<Test, Settings> {
  const record = JSON.parse(readFileSync(join(folder, 'history.json'), 'utf8'))
  if (record.kind !== kind) {
    throw new Error(`${folder}: a run of '${record.kind}' came, expected '${kind}'`)
  }
  if (existsSync(join(folder, 'checkpoint.safetensors'))) {
    throw new Error(`${folder}: an unfinished run came, expected a finished one`)
  }
  return record
}

/** @param weights the file that is shipped, which need not be the one of the run */
export function commonCard(record: RunRecord<unknown>, weights: Uint8Array): CommonCard {
  const { settings, backend, run } = record
  return {
    bytes: weights.length,
    sha256: createHash('sha256').update(weights).digest('hex'),
    data: settings.data,
    command: commandOf(record),
    updates: run.steps,
    minutes: run.history.epochs.reduce((sum, { seconds }) => sum + seconds, 0) / 60,
    backend: `${backend.name}, ${backend.device}`,
  }
}

/** `npx winnow train lm --data wordnet ...`, every setting written out. */
function commandOf({ kind, settings, run }: RunRecord<unknown>): string {
  const options = Object.entries(settings)
    .filter(([name]) => !NOT_IN_COMMAND.has(name))
    .map(([name, value]) => {
      return `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} ${String(value)}`
    })
  return [`npx winnow train ${kind}`, ...options, `--steps ${run.steps}`].join(' ')
}

/** The README with the card between its marks. @throws Error when it has none */
export function withCard(readme: string, card: string): string {
  const [begin, end] = [readme.indexOf(BEGIN), readme.indexOf(END)]
  if (begin < 0 || end <= begin) throw new Error(`README.md: expected ${BEGIN} and ${END} in it`)
  return `${readme.slice(0, begin + BEGIN.length)}\n${card}\n${readme.slice(end)}`
}

/** What a package ships besides code. */
export interface ShippedFiles {
  /** Inside `weights/`, by name, in the order of writing. */
  readonly weights: Readonly<Record<string, Uint8Array | string>>
  readonly card: object
  /** The card as Markdown. */
  readonly text: string
}

/**
 * @param folder the package's
 * @param write such as `writeFileAtomic` of `@winnow/core`
 * @throws Error, before anything is written, when README.md has no place for a card
 */
export async function writeShipped(
  folder: string,
  { weights, card, text }: ShippedFiles,
  write: (path: string, content: Uint8Array) => Promise<void>,
): Promise<void> {
  const page = withCard(readFileSync(join(folder, 'README.md'), 'utf8'), text)
  const files: [string, Uint8Array | string][] = [
    ...Object.entries(weights).map(([name, content]): [string, Uint8Array | string] => [
      `weights/${name}`,
      content,
    ]),
    ['weights/card.json', `${JSON.stringify(card, null, 2)}\n`],
    ['README.md', page],
  ]
  for (const [name, content] of files) {
    const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content
    await write(join(folder, name), bytes)
  }
}

/**
 * `npm run make -- RUN [PACKAGE]`, where the module is what was started.
 *
 * @param url `import.meta.url` of a script in the package's folder `scripts`
 */
export async function runMake(
  url: string,
  make: (run: string, folder: string) => Promise<{ bytes: number; parameters: number }>,
): Promise<void> {
  if (process.argv[1] !== fileURLToPath(url)) return
  const [run, folder = fileURLToPath(new URL('..', url))] = process.argv.slice(2)
  if (run === undefined) throw new Error('make: expected the folder of a run: npm run make -- RUN')
  const { bytes, parameters } = await make(resolve(run), resolve(folder))
  process.stdout.write(`${folder}: ${parameters} parameters, ${(bytes / 1e6).toFixed(1)} MB\n`)
}
