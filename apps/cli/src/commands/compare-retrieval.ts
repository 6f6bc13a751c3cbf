/**
 * `winnow compare retrieval`: one encoder, pre-trained in several ways and fine-tuned alike, beside BM25.
 */
import { join } from 'node:path'
import { type FoundBackend, parameterCount, save, useBackend, writeFileAtomic } from '@winnow/core'
import { Command } from 'commander'
import { retrievalHelp } from '../data/text/retrieval-set.ts'
import { interruptible } from '../interrupt.ts'
import { lineChart } from '../pictures/line-chart.ts'
import { duration, number, progressBar } from '../progress-bar.ts'
import { type CompareSettings, type Comparison, compareRetrieval } from '../retrieval/compare.ts'
import { pretraining } from '../retrieval/contestants.ts'
import { comparisonMarkdown, comparisonReport } from '../retrieval/report.ts'
import { type RetrievalData, retrievalData } from '../retrieval/settings.ts'
import type { Terminal } from '../terminal.ts'
import { amount, whole } from './options.ts'

export function compareRetrievalCommand(terminal: Terminal): Command {
  return new Command('retrieval')
    .description('search with one encoder: untrained, MLM, RetroMAE, DupMAE; beside and with BM25')
    .option('--data <name>', `what is searched: ${retrievalHelp()}`, 'wordnet')
    .option('--minutes <number>', 'about how long it may take', amount({ positive: true }), 50)
    .option('--steps <number>', 'updates of each stage, in place of the minutes', whole(1))
    .option('--tuning-steps <number>', 'updates of fine-tuning; as --steps by default', whole(1))
    .option('--batch <number>', 'passages or pairs per update', whole(1), 64)
    .option('--vocabulary <entries>', 'of the tokenizer', whole(261), 8192)
    .option('--context <tokens>', 'tokens of a document; queries have half', whole(4), 32)
    .option('--width <features>', 'width of the encoder', whole(1), 256)
    .option('--depth <blocks>', 'blocks of the encoder', whole(1), 4)
    .option('--heads <number>', 'heads of attention', whole(1), 4)
    .option(
      '--learning-rate <number>',
      'highest rate of pre-training; it rises, then falls to zero',
      amount({ positive: true }),
      4e-3,
    )
    .option(
      '--tuning-rate <number>',
      'highest rate of fine-tuning',
      amount({ positive: true }),
      5e-4,
    )
    .option('--seed <number>', 'settles weights, order and what is hidden', whole(0), 7)
    .option('--backend <name>', 'webgpu, cuda, onnx, wasm or cpu; the best that works by default')
    .option('--software', 'allow a WebGPU adapter that runs on the CPU')
    .option('--out <folder>', 'where to write; runs/compare-retrieval-DATA by default')
    .action((settings: CompareSettings) => compare(settings, terminal))
}

async function compare(settings: CompareSettings, terminal: Terminal): Promise<void> {
  const say = (line: string): void => void terminal.stderr.write(`${line}\n`)
  const start = performance.now()
  const { backend, software } = settings
  const found = await useBackend({
    ...(backend === undefined ? {} : { name: backend }),
    software: software === true,
  })
  say(`backend ${found.name}: ${found.device}`)
  const data = await retrievalData(settings)
  say(summary(data))
  const folder = settings.out ?? `runs/compare-retrieval-${data.set.name}`
  const bar = progressBar({ metrics: ['loss'], items: 'passages', stream: terminal.stderr })
  const comparison = await interruptible(
    (signal) =>
      compareRetrieval(settings, data, {
        signal,
        begin(name, steps) {
          bar.end()
          say(`${name}: ${number(steps)} updates`)
          return bar
        },
        end({ name, ndcg, gain }) {
          bar.end()
          const beside = gain === undefined ? '' : `, ${gain.mean.toFixed(3)} over BM25`
          say(`  ${name}: nDCG@10 ${ndcg.mean.toFixed(3)}${beside}`)
        },
        async keep(name, model) {
          const file = `${name.toLowerCase().replaceAll(/[^\w]+/g, '-')}.safetensors`
          await save(model, join(folder, file))
        },
      }),
    () => bar.end(),
  )
  const seconds = (performance.now() - start) / 1000
  const files = await write(folder, { settings, data, comparison, found, seconds })
  terminal.stdout.write(
    `\n${comparisonReport(comparison)}\n\n` +
      `${number(data.test.queries.ids.length)} queries, ${number(data.test.documents.ids.length)} documents; ` +
      `seed ${settings.seed}; ${duration(seconds)} in all on ${found.name}\n${folder}/  ${files.join('  ')}\n`,
  )
}

function summary(data: RetrievalData): string {
  const { set, passages, pairs, test } = data
  using model = pretraining('mlm', data, 0)
  return (
    `${set.name}: ${number(passages.length)} passages and ${number(pairs.length)} pairs to train on; ` +
    `${number(test.queries.ids.length)} queries and ${number(test.documents.ids.length)} documents to test; ` +
    `${number(parameterCount(model.encoder))} parameters`
  )
}

async function write(
  folder: string,
  result: {
    readonly settings: CompareSettings
    readonly data: RetrievalData
    readonly comparison: Comparison
    readonly found: FoundBackend
    readonly seconds: number
  },
): Promise<readonly string[]> {
  const { settings, data, comparison, found, seconds } = result
  const text = (value: string): Uint8Array => new TextEncoder().encode(`${value}\n`)
  const json = JSON.stringify({ settings, backend: found, seconds, ...comparison }, null, 2)
  const files = new Map([
    ['comparison.json', text(json)],
    ['comparison.md', text(comparisonMarkdown(comparison))],
    ['tokenizer.json', text(JSON.stringify(data.tokenizer))],
    ['probe.png', await probeCurves(comparison)],
  ])
  for (const [name, bytes] of files) await writeFileAtomic(join(folder, name), bytes)
  return [...files.keys()]
}

/** nDCG@10 of the probe, over the share of fine-tuning that was done; what pre-training ended with stands at its left. */
async function probeCurves({ curves }: Comparison): Promise<Uint8Array> {
  return await lineChart({
    title: 'nDCG@10 of a small search while fine-tuning',
    xLabel: 'update',
    yLabel: 'nDCG@10',
    series: curves.map(({ name, tuning }) => ({
      name,
      x: tuning.map(({ step }) => step),
      y: tuning.map(({ ndcg }) => ndcg),
    })),
  })
}
