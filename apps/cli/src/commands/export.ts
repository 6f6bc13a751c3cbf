/**
 * `winnow export`: a trained model as ONNX files with an open batch, for any runtime.
 */
import { join } from 'node:path'
import { restore, useBackend, writeFileAtomic } from '@winnow/core'
import { exportOnnx } from '@winnow/graph'
import { VAE } from '@winnow/vae'
import { Command } from 'commander'
import type { Terminal } from '../terminal.ts'

interface ExportSettings {
  readonly float16?: boolean
  readonly out?: string
}

export function exportCommand(terminal: Terminal): Command {
  return new Command('export')
    .description('write a trained model as ONNX: encoder.onnx, decoder.onnx')
    .argument('<run>', 'the folder that train wrote')
    .option('--float16', 'halve the files; inputs and outputs stay float32')
    .option('--out <folder>', "where to write; the run's own folder by default")
    .action((folder: string, settings: ExportSettings) => exportRun(folder, settings, terminal))
}

async function exportRun(
  folder: string,
  { float16, out = folder }: ExportSettings,
  terminal: Terminal,
): Promise<void> {
  await useBackend()
  using model = await restore(VAE, join(folder, 'model.safetensors'))
  const { input, latent } = model.config
  const options = { precision: float16 ? 'float16' : 'float32' } as const
  const encoder = await exportOnnx(
    ({ x }) => ({ mean: model.features(x as never) }),
    { x: { shape: ['batch', ...input] } },
    options,
  )
  const decoder = await exportOnnx(
    ({ z }) => ({ x: model.choices.likelihood.mean(model.decode(z as never)) }),
    { z: { shape: ['batch', latent] } },
    options,
  )
  const files = { 'encoder.onnx': encoder, 'decoder.onnx': decoder }
  const shapes = {
    'encoder.onnx': `x [batch, ${input.join(', ')}] -> mean [batch, ${latent}]`,
    'decoder.onnx': `z [batch, ${latent}] -> x [batch, ${input.join(', ')}]`,
  }
  for (const [name, bytes] of Object.entries(files)) {
    const path = join(out, name)
    await writeFileAtomic(path, bytes)
    const size = `${(bytes.length / 2 ** 20).toFixed(1)} MB`
    terminal.stdout.write(`${path}  ${size}  ${shapes[name as keyof typeof shapes]}\n`)
  }
}
