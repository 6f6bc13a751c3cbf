/**
 * `npm run make -- RUN [PACKAGE]` (in this folder): makes what the package ships from a folder that `winnow train lm` wrote:
 * weights in float16, tokenizer, and the card, as `weights/card.json` and inside README.md. Each file is written beside and
 * renamed; none before all are made.
 */
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  check,
  parameterCount,
  restore,
  serialise,
  useBackend,
  writeFileAtomic,
} from '@winnow/core'
import { bitsPerByte, LanguageModel } from '@winnow/lm'
import { type Tokenizer, tokenizerFrom } from '@winnow/text'
import type { TinyModelCard } from '../src/index.ts'
import { cardText, withCard } from './card.ts'

/** What is read of `history.json`. */
interface RunRecord {
  readonly kind: string
  readonly settings: { readonly [name: string]: unknown; readonly data: string }
  readonly backend: { readonly name: string; readonly device: string }
  readonly run: {
    readonly steps: number
    readonly ended: string
    readonly history: { readonly epochs: readonly { readonly seconds: number }[] }
  }
  readonly test: TinyModelCard['test'] & { readonly samples: readonly string[] }
}

const TRIAL =
  'In the beginning God created the heaven and the earth. Fellow citizens of the Senate and of the House of ' +
  'Representatives: dog, domestic dog: a member of the genus Canis.'

/** Settings that say where and how long, not what. */
const NOT_IN_COMMAND = new Set([
  'out',
  'resume',
  'steps',
  'minutes',
  'epochs',
  'backend',
  'software',
])

/**
 * @param run the folder that `winnow train lm` wrote
 * @param folder the package's
 * @throws WinnowError when the run is not a finished one of a language model, or rounding changes what it says
 */
export async function makePackage(run: string, folder: string): Promise<TinyModelCard> {
  const record = JSON.parse(readFileSync(join(run, 'history.json'), 'utf8')) as RunRecord
  check(record.kind === 'lm', () => `${run}: a run of '${record.kind}' came, expected 'lm'`)
  check(
    !existsSync(join(run, 'checkpoint.safetensors')),
    () => `${run}: an unfinished run came, expected a finished one`,
  )
  const tokenizerText = readFileSync(join(run, 'tokenizer.json'), 'utf8')
  const tokenizer = tokenizerFrom(JSON.parse(tokenizerText))
  using model = await restore(LanguageModel, join(run, 'model.safetensors'))
  const weights = await serialise(model, { precision: 'float16' })
  const beforeRounding = await nats(model, tokenizer)
  using rounded = await restore(LanguageModel, weights)
  const natsPerToken = await nats(rounded, tokenizer)
  check(
    Math.abs(natsPerToken - beforeRounding) < 0.01,
    () => `${run}: float16 changes ${beforeRounding} nats per token to ${natsPerToken}`,
  )
  const { settings, backend, test } = record
  const { bitsPerByte: bits, natsPerToken: testNats, bytes, nGram, gzip, samples } = test
  const seconds = record.run.history.epochs.reduce((sum, epoch) => sum + epoch.seconds, 0)
  const card: TinyModelCard = {
    config: model.config,
    parameters: parameterCount(model),
    bytes: weights.length,
    sha256: createHash('sha256').update(weights).digest('hex'),
    data: settings.data,
    command: commandOf(settings, record.run.steps),
    updates: record.run.steps,
    minutes: seconds / 60,
    backend: `${backend.name}, ${backend.device}`,
    test: { bitsPerByte: bits, natsPerToken: testNats, bytes, nGram, gzip },
    samples,
    trial: { text: TRIAL, natsPerToken, beforeRounding },
  }
  const readme = join(folder, 'README.md')
  const page = withCard(readFileSync(readme, 'utf8'), cardText(card))
  const write = (name: string, content: Uint8Array | string): Promise<void> =>
    writeFileAtomic(
      join(folder, name),
      typeof content === 'string' ? new TextEncoder().encode(content) : content,
    )
  await write('weights/model.safetensors', weights)
  await write('weights/tokenizer.json', tokenizerText)
  await write('weights/card.json', `${JSON.stringify(card, null, 2)}\n`)
  await write('README.md', page)
  return card
}

async function nats(model: LanguageModel, tokenizer: Tokenizer): Promise<number> {
  const { tokens } = model.config
  const { natsPerToken } = await bitsPerByte(model, tokenizer, TRIAL, { context: tokens, batch: 1 })
  return natsPerToken
}

/** `npx winnow train lm --data wordnet ...`, every setting written out. */
function commandOf(settings: RunRecord['settings'], steps: number): string {
  const options = Object.entries(settings)
    .filter(([name]) => !NOT_IN_COMMAND.has(name))
    .map(([name, value]) => {
      return `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} ${String(value)}`
    })
  return ['npx winnow train lm', ...options, `--steps ${steps}`].join(' ')
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [run, folder = fileURLToPath(new URL('..', import.meta.url))] = process.argv.slice(2)
  check(run !== undefined, () => 'make: expected the folder of a run: npm run make -- RUN')
  await useBackend()
  const { bytes, parameters } = await makePackage(resolve(run), resolve(folder))
  process.stdout.write(`${folder}: ${parameters} parameters, ${(bytes / 2 ** 20).toFixed(1)} MB\n`)
}
