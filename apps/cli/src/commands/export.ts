/**
 * `winnow export`: a trained model as ONNX files with an open batch, for any runtime.
 */
import { join } from 'node:path'
import { useBackend, writeFileAtomic } from '@winnow/core'
import { Command } from 'commander'
import { savedRunIn } from '../run/saved.ts'
import { savedKinds } from '../run/saved-kinds.ts'
import type { Terminal } from '../terminal.ts'

interface ExportSettings {
  readonly float16?: boolean
  readonly out?: string
}

export function exportCommand(terminal: Terminal): Command {
  return new Command('export')
    .description('write a trained model as ONNX: encoder.onnx, and decoder.onnx of a VAE')
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
  const kind = await savedRunIn(folder, savedKinds)
  await useBackend()
  const files = await kind.exportFiles(folder, { precision: float16 ? 'float16' : 'float32' })
  for (const { name, bytes, shapes } of files) {
    const path = join(out, name)
    await writeFileAtomic(path, bytes)
    const size = `${(bytes.length / 2 ** 20).toFixed(1)} MB`
    terminal.stdout.write(`${path}  ${size}  ${shapes}\n`)
  }
}
