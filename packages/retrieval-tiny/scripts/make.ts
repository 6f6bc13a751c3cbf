/**
 * `npm run make -- RUN [PACKAGE]` (in this folder): makes what the package ships from a folder that
 * `winnow train retrieval --stage tune` wrote: weights in float16, tokenizer, and the card, as `weights/card.json` and inside
 * README.md. Each file is written beside and renamed; none before all are made.
 */
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import {
  check,
  parameterCount,
  restore,
  serialise,
  useBackend,
  writeFileAtomic,
} from '@winnow/core'
import { Retriever } from '@winnow/retrieval'
import { type CardInterval, loadTinyRetriever, type TinySearchCard } from '../src/index.ts'
import { cardText, withCard } from './card.ts'

/** What is read of `history.json`. */
interface RunRecord {
  readonly kind: string
  readonly settings: {
    readonly [name: string]: unknown
    readonly data: string
    readonly stage: string
  }
  readonly backend: { readonly name: string; readonly device: string }
  readonly run: {
    readonly steps: number
    readonly history: { readonly epochs: readonly { readonly seconds: number }[] }
  }
  readonly test: Readonly<Record<'model' | 'bm25' | 'fused', { readonly ndcg: CardInterval }>> & {
    readonly weight: number
  }
}

const TRIAL = {
  query: 'a large animal that lives in the sea',
  texts: ['whale: a very large mammal of the ocean', 'tax: money that is paid to a government'],
}

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
 * @param from the folder that `winnow train retrieval` wrote
 * @param folder the package's
 * @throws WinnowError when the run is not a finished one of fine-tuning, or rounding changes what it says
 */
export async function makePackage(from: string, folder: string): Promise<TinySearchCard> {
  const text = (name: string): string => readFileSync(join(from, name), 'utf8')
  const { kind, settings, backend, run, test } = JSON.parse(text('history.json')) as RunRecord
  check(
    kind === 'retrieval' && settings.stage === 'tune',
    () =>
      `${from}: a run of '${kind}' came, stage '${settings.stage}', expected 'tune' of 'retrieval'`,
  )
  check(
    !existsSync(join(from, 'checkpoint.safetensors')),
    () => `${from}: an unfinished run came, expected a finished one`,
  )
  const path = join(from, 'model.safetensors')
  using model = await restore(Retriever, path)
  const weights = await serialise(model, { precision: 'float16' })
  const tokenizer = text('tokenizer.json')
  const beforeRounding = await cosines(await serialise(model), tokenizer)
  const after = await cosines(weights, tokenizer)
  check(
    after.every((value, i) => Math.abs(value - (beforeRounding[i] as number)) < 0.01),
    () => `${path}: float16 changes cosines ${beforeRounding} to ${after}`,
  )
  const seconds = run.history.epochs.reduce((sum, epoch) => sum + epoch.seconds, 0)
  const card: TinySearchCard = {
    config: model.config,
    parameters: parameterCount(model),
    bytes: weights.length,
    sha256: createHash('sha256').update(weights).digest('hex'),
    data: settings.data,
    command: commandOf(settings, run.steps),
    updates: run.steps,
    minutes: seconds / 60,
    backend: `${backend.name}, ${backend.device}`,
    test: { model: test.model.ndcg, bm25: test.bm25.ndcg, both: test.fused.ndcg },
    weight: test.weight,
    trial: { ...TRIAL, cosines: after, beforeRounding },
  }
  const page = withCard(readFileSync(join(folder, 'README.md'), 'utf8'), cardText(card))
  const write = (name: string, content: Uint8Array | string): Promise<void> =>
    writeFileAtomic(
      join(folder, name),
      typeof content === 'string' ? new TextEncoder().encode(content) : content,
    )
  await write('weights/model.safetensors', weights)
  await write('weights/tokenizer.json', tokenizer)
  await write('weights/card.json', `${JSON.stringify(card, null, 2)}\n`)
  await write('README.md', page)
  return card
}

/** Of the trial's query and texts, by the package's own loader. */
async function cosines(weights: Uint8Array, tokenizer: string): Promise<readonly number[]> {
  const folder = mkdtempSync(join(tmpdir(), 'winnow-search-'))
  try {
    writeFileSync(join(folder, 'model.safetensors'), weights)
    writeFileSync(join(folder, 'tokenizer.json'), tokenizer)
    writeFileSync(join(folder, 'card.json'), '{"weight": 1}')
    using loaded = await loadTinyRetriever({ from: pathToFileURL(`${folder}/`) })
    const [query, ...texts] = await loaded.embed([TRIAL.query, ...TRIAL.texts], 'passage')
    return texts.map((other) =>
      Array.from(other).reduce((sum, x, i) => sum + x * (query?.[i] as number), 0),
    )
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** `npx winnow train retrieval --stage tune ...`, every setting written out. */
function commandOf(settings: RunRecord['settings'], steps: number): string {
  const options = Object.entries(settings)
    .filter(([name]) => !NOT_IN_COMMAND.has(name))
    .map(([name, value]) => {
      return `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} ${String(value)}`
    })
  return ['npx winnow train retrieval', ...options, `--steps ${steps}`].join(' ')
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [from, folder = fileURLToPath(new URL('..', import.meta.url))] = process.argv.slice(2)
  check(from !== undefined, () => 'make: expected the folder of a run: npm run make -- RUN')
  await useBackend()
  const { bytes, parameters } = await makePackage(resolve(from), resolve(folder))
  process.stdout.write(`${folder}: ${parameters} parameters, ${(bytes / 1e6).toFixed(1)} MB\n`)
}
