/**
 * `winnow compare mae`: one encoder trained in several ways, measured alike.
 */
import { join } from 'node:path'
import { check, type FoundBackend, useBackend, writeFileAtomic } from '@winnow/core'
import { Command } from 'commander'
import { interruptible } from '../interrupt.ts'
import { type Comparison, compareMae, comparisonReport } from '../mae/compare.ts'
import { type MaeSettings, maeData } from '../mae/settings.ts'
import { lineChart } from '../pictures/line-chart.ts'
import { duration, progressBar } from '../progress-bar.ts'
import { addDataOptions, addRunOptions, type TrainingDefaults } from '../run/command.ts'
import type { Terminal } from '../terminal.ts'
import { addModelOptions } from './train-mae.ts'

const defaults: TrainingDefaults = {
  name: 'compare-mae',
  data: 'mnist',
  minutes: 0,
  batch: 128,
  learningRate: 2e-3,
  learningRateHelp: 'highest rate of AdamW; it rises, then falls to zero',
}

/** Updates of each contestant where nothing else is asked for. */
const DEFAULT_STEPS = 1500

export function compareMaeCommand(terminal: Terminal): Command {
  const command = new Command('mae').description(
    'probe one encoder: untrained, as plain autoencoder, masked at several ratios, supervised',
  )
  addModelOptions(addDataOptions(command, defaults))
  return addRunOptions(command, defaults).action((settings: MaeSettings) =>
    compare(settings, terminal),
  )
}

async function compare(settings: MaeSettings, terminal: Terminal): Promise<void> {
  const say = (line: string): void => void terminal.stderr.write(`${line}\n`)
  const start = performance.now()
  const { backend, software, steps = DEFAULT_STEPS } = settings
  const found = await useBackend({
    ...(backend === undefined ? {} : { name: backend }),
    software: software === true,
  })
  say(`backend ${found.name}: ${found.device}`)
  const data = await maeData(settings)
  check(data.labelled, () => `--data: ${data.name} has no labels, so that nothing can be probed`)
  const folder = settings.out ?? `runs/compare-mae-${data.name.replaceAll(/[^\w.-]+/g, '-')}`
  const bar = progressBar({ metrics: ['loss'], items: 'images', stream: terminal.stderr })
  const comparison = await interruptible(
    (signal) =>
      compareMae(settings, data, {
        steps,
        signal,
        begin(name) {
          say(name)
          return bar
        },
        end({ linearProbe, nearestNeighbours }) {
          bar.end()
          say(
            `  linear probe ${(100 * linearProbe).toFixed(1)} %  neighbours ${(100 * nearestNeighbours).toFixed(1)} %`,
          )
        },
      }),
    () => bar.end(),
  )
  const seconds = (performance.now() - start) / 1000
  const files = await write(folder, { settings, comparison, found, seconds })
  terminal.stdout.write(
    `\n${comparisonReport(comparison)}\n\n` +
      `seed ${settings.seed}; ${duration(seconds)} in all on ${found.name}\n${folder}/  ${files.join('  ')}\n`,
  )
}

async function write(
  folder: string,
  result: {
    readonly settings: MaeSettings
    readonly comparison: Comparison
    readonly found: FoundBackend
    readonly seconds: number
  },
): Promise<readonly string[]> {
  const { settings, comparison, found, seconds } = result
  const json = JSON.stringify({ settings, backend: found, seconds, ...comparison }, null, 2)
  await writeFileAtomic(join(folder, 'comparison.json'), new TextEncoder().encode(`${json}\n`))
  const curve = comparison.rows.filter(({ updates, ratio }) => updates > 0 && ratio > 0)
  const x = curve.map(({ ratio }) => 100 * ratio)
  const picture = await lineChart({
    title: 'Features by the share of patches hidden',
    xLabel: '% of patches hidden in training',
    yLabel: '% right',
    series: [
      { name: 'linear probe', x, y: curve.map(({ linearProbe }) => 100 * linearProbe) },
      { name: 'nearest neighbours', x, y: curve.map((row) => 100 * row.nearestNeighbours) },
    ],
  })
  await writeFileAtomic(join(folder, 'ratios.png'), picture)
  return ['comparison.json', 'ratios.png']
}
