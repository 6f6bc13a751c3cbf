/**
 * `winnow compare sae`: families of sparse autoencoders on one language model's activations, at several sparsities.
 */
import { join } from 'node:path'
import { check, type FoundBackend, useBackend, writeFileAtomic } from '@winnow/core'
import { Command } from 'commander'
import { interruptible } from '../interrupt.ts'
import { lineChart } from '../pictures/line-chart.ts'
import { duration, progressBar } from '../progress-bar.ts'
import { type ComparisonRow, compareSae, comparisonTable } from '../sae/compare.ts'
import { FAMILIES } from '../sae/contestants.ts'
import { modelHelp, readLanguageModel, SHIPPED, textsOf } from '../sae/language-model.ts'
import { type SaeSettings, saeData } from '../sae/settings.ts'
import type { Terminal } from '../terminal.ts'
import { amount, whole, wholes } from './options.ts'
import { saeDefaults } from './train-sae.ts'

interface CompareSettings extends SaeSettings {
  readonly sparsities: readonly number[]
  readonly steps: number
}

export function compareSaeCommand(terminal: Terminal): Command {
  const { texts = '', batch, learningRate, learningRateHelp } = saeDefaults
  return new Command('sae')
    .description('TopK, ReLU with L1, random directions and PCA on activations, at several L0')
    .option('--model <run>', modelHelp, SHIPPED)
    .option('--at <place>', 'where in the model: embedded, blocks.0 and so on, last', 'blocks.1')
    .option('--data <name>', `what to train on: ${texts}`)
    .option('--latents <number>', 'directions in the dictionary', whole(1), 4096)
    .option('--sparsities <list>', 'latents that are on for a token', wholes, [16, 32, 64])
    .option('--l1 <number>', 'of ReLU: the weight of the penalty to try first', amount(), 0.01)
    .option('--tokens <number>', 'tokens whose activations are collected', whole(1), 500_000)
    .option('--dead-after <tokens>', 'a latent silent for so many is dead', whole(1), 100_000)
    .option('--steps <number>', 'updates of each contestant', whole(1), 500)
    .option('--batch <number>', 'items per update', whole(1), batch)
    .option('--learning-rate <number>', learningRateHelp, amount({ positive: true }), learningRate)
    .option('--seed <number>', 'settles weights, order and noise', whole(0), 7)
    .option('--backend <name>', 'webgpu, cuda, onnx, wasm or cpu; the best that works by default')
    .option('--software', 'allow a WebGPU adapter that runs on the CPU')
    .option('--out <folder>', 'where to write; runs/compare-sae-DATA by default')
    .action(
      async (given: Omit<CompareSettings, 'data' | 'kind' | 'k'> & { readonly data?: string }) => {
        const data = given.data ?? (await textsOf(given.model))
        const k = Math.max(...given.sparsities)
        await compare({ ...given, data, kind: 'topk', k }, terminal)
      },
    )
}

async function compare(settings: CompareSettings, terminal: Terminal): Promise<void> {
  const say = (line: string): void => void terminal.stderr.write(`${line}\n`)
  const start = performance.now()
  const { backend, software, steps, sparsities, latents } = settings
  check(
    sparsities.every((k) => k <= latents),
    () => `--sparsities: ${sparsities} came, expected at most ${latents}, the latents`,
  )
  const found = await useBackend({
    ...(backend === undefined ? {} : { name: backend }),
    software: software === true,
  })
  say(`backend ${found.name}: ${found.device}`)
  const data = await saeData(settings, say)
  using source = await readLanguageModel(settings.model)
  const folder = settings.out ?? `runs/compare-sae-${data.name.replaceAll(/[^\w.-]+/g, '-')}`
  const bar = progressBar({
    metrics: ['loss', 'l0', 'dead'],
    items: 'tokens',
    stream: terminal.stderr,
  })
  const rows = await interruptible(
    (signal) =>
      compareSae(settings, data, source, {
        sparsities,
        steps,
        signal,
        begin(name) {
          say(name)
          return bar
        },
        end({ l0, explainedVariance, losses, deadLatents }) {
          bar.end()
          say(
            `  L0 ${l0.toFixed(1)}  explained variance ${explainedVariance.toFixed(4)}  ` +
              `nats ${losses.spliced.toFixed(3)}  dead ${deadLatents}`,
          )
        },
      }),
    () => bar.end(),
  )
  const seconds = (performance.now() - start) / 1000
  const told = { settings, rows, found, seconds, text: summary(settings, rows, seconds, found) }
  const files = await write(folder, told)
  terminal.stdout.write(`\n${told.text}\n${folder}/  ${files.join('  ')}\n`)
}

/** The table, and what stands below it. */
function summary(
  { seed, model, at }: CompareSettings,
  rows: readonly ComparisonRow[],
  seconds: number,
  { name, device }: FoundBackend,
): string {
  const { original, ablated } = rows[0]?.losses ?? { original: Number.NaN, ablated: Number.NaN }
  return (
    `${comparisonTable(rows)}\n\n` +
    `Activations at ${at} of ${model}: ${original.toFixed(3)} nats per token as they are, ` +
    `${ablated.toFixed(3)} with zeros in their place. ` +
    `Seed ${seed}; ${duration(seconds)} in all on ${name} (${device}).\n`
  )
}

async function write(
  folder: string,
  told: {
    readonly settings: CompareSettings
    readonly rows: readonly ComparisonRow[]
    readonly found: FoundBackend
    readonly seconds: number
    readonly text: string
  },
): Promise<readonly string[]> {
  const { settings, rows, found, seconds, text } = told
  const encoder = new TextEncoder()
  const json = JSON.stringify({ settings, backend: found, seconds, rows }, null, 2)
  const frontier = (title: string, yLabel: string, y: (row: ComparisonRow) => number) =>
    lineChart({
      title,
      xLabel: 'latents on for a token (L0)',
      yLabel,
      series: FAMILIES.map((family) => {
        const own = rows.filter((row) => row.family === family).sort((a, b) => a.l0 - b.l0)
        return { name: family, dots: true, x: own.map(({ l0 }) => l0), y: own.map(y) }
      }).filter(({ x }) => x.length > 0),
    })
  const files: readonly (readonly [string, Uint8Array])[] = [
    ['comparison.json', encoder.encode(`${json}\n`)],
    ['comparison.md', encoder.encode(text)],
    [
      'variance.png',
      await frontier(
        'What codes keep of the activations',
        'explained variance',
        (row) => row.explainedVariance,
      ),
    ],
    [
      'loss.png',
      await frontier(
        'What codes cost the language model',
        'more nats per token',
        ({ losses }) => losses.spliced - losses.original,
      ),
    ],
  ]
  for (const [name, bytes] of files) await writeFileAtomic(join(folder, name), bytes)
  return files.map(([name]) => name)
}
