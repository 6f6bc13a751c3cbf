/**
 * `npm run make -- RUN [PACKAGE]` (in this folder): makes what the package ships from a folder that `winnow train codec` wrote:
 * the weights as they are, for every bit of them decides what files say, and the card, as `weights/card.json` and inside README.md. Each file
 * is written beside and renamed; none before all are made.
 */
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { HyperpriorCodec, restoreCodec } from '@winnow/compression'
import { check, parameterCount, useBackend, writeFileAtomic } from '@winnow/core'
import type { TinyCodecCard } from '../src/index.ts'
import { cardText, withCard } from './card.ts'

/** What is read of `history.json`. */
interface RunRecord {
  readonly kind: string
  readonly settings: { readonly [name: string]: unknown; readonly data: string }
  readonly backend: { readonly name: string; readonly device: string }
  readonly run: {
    readonly steps: number
    readonly history: { readonly epochs: readonly { readonly seconds: number }[] }
  }
  readonly test: Pick<TinyCodecCard, 'pictures' | 'points'>
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
 * @param run the folder that `winnow train codec` wrote
 * @param folder the package's
 * @throws WinnowError when the run is not a finished one of a codec with a hyperprior
 */
export async function makePackage(run: string, folder: string): Promise<TinyCodecCard> {
  const record = JSON.parse(readFileSync(join(run, 'history.json'), 'utf8')) as RunRecord
  check(record.kind === 'codec', () => `${run}: a run of '${record.kind}' came, expected 'codec'`)
  check(
    !existsSync(join(run, 'checkpoint.safetensors')),
    () => `${run}: an unfinished run came, expected a finished one`,
  )
  const weights = readFileSync(join(run, 'model.safetensors'))
  using model = await restoreCodec(weights, { name: run })
  check(
    model instanceof HyperpriorCodec,
    () => `${run}: ${model.name} came, expected HyperpriorCodec`,
  )
  const { settings, backend, test } = record
  const card: TinyCodecCard = {
    config: model.config,
    parameters: parameterCount(model),
    bytes: weights.length,
    sha256: createHash('sha256').update(weights).digest('hex'),
    fingerprint: await model.fingerprint(),
    data: settings.data,
    command: commandOf(settings, record.run.steps),
    updates: record.run.steps,
    minutes: record.run.history.epochs.reduce((sum, { seconds }) => sum + seconds, 0) / 60,
    backend: `${backend.name}, ${backend.device}`,
    pictures: test.pictures,
    points: test.points.map(({ quality, bitsPerPixel, psnr, multiScaleSimilarity }) => ({
      ...{ quality, bitsPerPixel, psnr },
      ...(multiScaleSimilarity === undefined ? {} : { multiScaleSimilarity }),
    })),
  }
  const readme = join(folder, 'README.md')
  const page = withCard(readFileSync(readme, 'utf8'), cardText(card))
  const text = new TextEncoder()
  await writeFileAtomic(join(folder, 'weights/model.safetensors'), weights)
  await writeFileAtomic(
    join(folder, 'weights/card.json'),
    text.encode(`${JSON.stringify(card, null, 2)}\n`),
  )
  await writeFileAtomic(readme, text.encode(page))
  return card
}

/** `npx winnow train codec --data photos ...`, every setting written out. */
function commandOf(settings: RunRecord['settings'], steps: number): string {
  const options = Object.entries(settings)
    .filter(([name]) => !NOT_IN_COMMAND.has(name))
    .map(([name, value]) => {
      return `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} ${String(value)}`
    })
  return ['npx winnow train codec', ...options, `--steps ${steps}`].join(' ')
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [run, folder = fileURLToPath(new URL('..', import.meta.url))] = process.argv.slice(2)
  check(run !== undefined, () => 'make: expected the folder of a run: npm run make -- RUN')
  await useBackend()
  const { bytes, parameters } = await makePackage(resolve(run), resolve(folder))
  process.stdout.write(`${folder}: ${parameters} parameters, ${(bytes / 1e6).toFixed(1)} MB\n`)
}
