/**
 * `winnow eval`: measures a trained model on data that it has not seen.
 */

import { join } from 'node:path'
import { restore, useBackend } from '@winnow/core'
import { VAE } from '@winnow/vae'
import { Command } from 'commander'
import { loadData } from '../data/load-data.ts'
import { readRecord } from '../run/run-folder.ts'
import type { Terminal } from '../terminal.ts'
import { vaeKind } from '../vae/kind.ts'
import { measureLogLikelihood, measureVae, report } from '../vae/measure.ts'
import { testData } from '../vae/settings.ts'
import { whole } from './options.ts'

interface EvalSettings {
  readonly data?: string
  readonly samples: number
  readonly items: number
  readonly backend?: string
  readonly software?: boolean
  readonly json?: boolean
}

export function evalCommand(terminal: Terminal): Command {
  return new Command('eval')
    .description('measure a trained model: ELBO, its parts, active units, log-likelihood')
    .argument('<run>', 'the folder that train wrote')
    .option('--data <name>', 'data by name or path; what it was trained on by default')
    .option(
      '--samples <number>',
      'draws of importance sampling for each item; 0 leaves it out',
      whole(0),
      100,
    )
    .option('--items <number>', 'items of which the log-likelihood is estimated', whole(1), 500)
    .option('--backend <name>', 'webgpu, cuda, onnx, wasm or cpu; the best that works by default')
    .option('--software', 'allow a WebGPU adapter that runs on the CPU')
    .option('--json', 'print JSON')
    .action((folder: string, settings: EvalSettings) => evaluateRun(folder, settings, terminal))
}

async function evaluateRun(
  folder: string,
  settings: EvalSettings,
  terminal: Terminal,
): Promise<void> {
  const { data, samples, items, backend, software, json } = settings
  const record = await readRecord(folder, vaeKind)
  await useBackend({
    ...(backend === undefined ? {} : { name: backend }),
    software: software === true,
  })
  using model = await restore(VAE, join(folder, 'model.safetensors'))
  const { size } = record.settings
  const loaded = await loadData(data ?? record.settings.data, {
    split: 'test',
    ...(size === undefined ? {} : { size }),
  })
  const test = testData(loaded, record.settings, record.normalisation)
  const measured = await measureVae(model, test)
  const estimate = samples > 0 && (await measureLogLikelihood(model, test, { samples, items }))
  const all = estimate ? { ...measured, logLikelihood: estimate } : measured
  terminal.stdout.write(json ? `${JSON.stringify(all, null, 2)}\n` : `${report(all)}\n`)
}
