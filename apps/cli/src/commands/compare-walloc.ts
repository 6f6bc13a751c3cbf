/**
 * `winnow compare walloc`: a codec whose latents other models learn from, measured beside pixels.
 */
import { join } from 'node:path'
import { check, useBackend, writeFileAtomic } from '@winnow/core'
import { Command } from 'commander'
import {
  compareWalloc,
  type LabelledParts,
  type WallocSettings,
  wallocReport,
} from '../codec/walloc/compare.ts'
import { SHEET } from '../codec/walloc/measure-walloc.ts'
import { dataHelp } from '../data/help.ts'
import { loadData } from '../data/load-data.ts'
import type { LoadedData } from '../data/loaded-data.ts'
import { interruptible } from '../interrupt.ts'
import { duration, progressBar } from '../progress-bar.ts'
import type { Terminal } from '../terminal.ts'
import { whole } from './options.ts'

interface Settings extends WallocSettings {
  readonly data: string
  readonly size?: number
  readonly backend?: string
  readonly software?: boolean
  readonly out?: string
}

export function compareWallocCommand(terminal: Terminal): Command {
  return new Command('walloc')
    .description('train WaLLoC: size, quality, cost, and classifiers of its latents and of pixels')
    .option('--data <name>', `images with labels: ${dataHelp()}`, 'fashion-mnist')
    .option('--size <pixels>', 'height and width that images of a folder are brought to', whole(1))
    .option('--levels <number>', 'how often bands are split: each halves the sides', whole(1), 2)
    .option('--latent <number>', 'channels of the latents', whole(1), 4)
    .option('--bits <number>', 'of a latent, 2 to 8', whole(2), 6)
    .option('--width <number>', 'channels of the decoder', whole(1), 32)
    .option('--budget <number>', 'multiplications of a classifier for an item', whole(1), 400_000)
    .option('--steps <number>', 'updates of each', whole(1), 600)
    .option('--batch <number>', 'items per update', whole(1), 64)
    .option('--seed <number>', 'settles weights, order and noise', whole(0), 7)
    .option('--backend <name>', 'webgpu, cuda, onnx, wasm or cpu; the best that works by default')
    .option('--software', 'allow a WebGPU adapter that runs on the CPU')
    .option('--out <folder>', 'where to write; runs/compare-walloc-DATA by default')
    .action((settings: Settings) => compare(settings, terminal))
}

async function compare(settings: Settings, terminal: Terminal): Promise<void> {
  const say = (line: string): void => void terminal.stderr.write(`${line}\n`)
  const start = performance.now()
  const { backend, software } = settings
  const found = await useBackend({
    ...(backend === undefined ? {} : { name: backend }),
    software: software === true,
  })
  say(`backend ${found.name}: ${found.device}`)
  const parts = await labelledParts(settings)
  const { name } = parts.train
  const folder = settings.out ?? `runs/compare-walloc-${name.replaceAll(/[^\w.-]+/g, '-')}`
  const bar = progressBar({ metrics: ['loss'], items: 'images', stream: terminal.stderr })
  const begin = (what: string): typeof bar => {
    bar.end()
    say(what)
    return bar
  }
  const comparison = await interruptible(
    (signal) => compareWalloc(settings, parts, { signal, begin }),
    () => bar.end(),
  )
  bar.end()
  const seconds = (performance.now() - start) / 1000
  const json = JSON.stringify({ settings, backend: found, seconds, ...comparison }, null, 2)
  await writeFileAtomic(join(folder, 'comparison.json'), new TextEncoder().encode(`${json}\n`))
  terminal.stdout.write(
    `\n${wallocReport(comparison)}\n\nseed ${settings.seed}; ${duration(seconds)} in all on ${found.name}\n${folder}/  comparison.json\n`,
  )
}

/** @throws WinnowError for data that are no images of bytes, or have no labels, or too few for a sheet */
async function labelledParts({ data, size }: Settings): Promise<LabelledParts> {
  const options = size === undefined ? {} : { size }
  const load = async (split: 'train' | 'test'): Promise<LabelledParts['train']> => {
    const loaded: LoadedData = await loadData(data, { ...options, split })
    const { images, shape, labels } = loaded
    check(
      shape.length === 4 && images instanceof Uint8Array && labels !== undefined,
      () => `--data: ${data}: expected images of bytes with labels`,
    )
    check(
      (shape[0] as number) >= SHEET ** 2,
      () =>
        `--data: ${data}: ${shape[0]} images came for ${split}, expected at least ${SHEET ** 2}`,
    )
    return { ...loaded, labels }
  }
  const [train, test] = [await load('train'), await load('test')]
  return { train, test, classes: train.classNames?.length ?? Math.max(...train.labels) + 1 }
}
