/**
 * `winnow eval`: measures a trained model on data that it has not seen.
 */
import { useBackend } from '@winnow/core'
import { Command } from 'commander'
import { type EvaluateSettings, savedRunIn } from '../run/saved.ts'
import { savedKinds } from '../run/saved-kinds.ts'
import type { Terminal } from '../terminal.ts'
import { whole } from './options.ts'

interface EvalSettings extends EvaluateSettings {
  readonly backend?: string
  readonly software?: boolean
  readonly json?: boolean
}

export function evalCommand(terminal: Terminal): Command {
  return new Command('eval')
    .description('measure a trained model again, as its training did at the end, and more')
    .argument('<run>', 'the folder that train wrote')
    .option('--data <name>', 'data by name or path; what it was trained on by default')
    .option(
      '--samples <number>',
      'of a VAE: draws of importance sampling for each item; 0 leaves the log-likelihood out',
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
  const { backend, software, json } = settings
  const kind = await savedRunIn(folder, savedKinds)
  await useBackend({
    ...(backend === undefined ? {} : { name: backend }),
    software: software === true,
  })
  const { measures, text } = await kind.evaluate(folder, settings)
  terminal.stdout.write(json ? `${JSON.stringify(measures, null, 2)}\n` : `${text}\n`)
}
