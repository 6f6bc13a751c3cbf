/**
 * `winnow sae report`: one static page of a sparse autoencoder's features.
 */
import { join } from 'node:path'
import { useBackend, writeFileAtomic } from '@winnow/core'
import { Command } from 'commander'
import { number } from '../progress-bar.ts'
import { modelHelp } from '../sae/language-model.ts'
import { reportHtml } from '../sae-report/html.ts'
import { type ReportOptions, reportData } from '../sae-report/report.ts'
import type { Terminal } from '../terminal.ts'
import { whole } from './options.ts'

interface ReportSettings extends ReportOptions {
  readonly out?: string
  readonly backend?: string
  readonly software?: boolean
}

export function saeReportCommand(terminal: Terminal): Command {
  return new Command('report')
    .description('write a page of its features: examples, neighbours, effects on logits')
    .argument('<run>', 'the folder that train sae wrote')
    .option('--model <run>', `${modelHelp}; where the training found it by default`)
    .option('--data <name>', 'texts by name or path; those it was trained on by default')
    .option('--tokens <number>', 'tokens to look at', whole(1), 100_000)
    .option('--out <file>', 'where to write; report.html in the run by default')
    .option('--backend <name>', 'webgpu, cuda, onnx, wasm or cpu; the best that works by default')
    .option('--software', 'allow a WebGPU adapter that runs on the CPU')
    .action(async (folder: string, settings: ReportSettings) => {
      const { backend, software, out = join(folder, 'report.html') } = settings
      const found = await useBackend({
        ...(backend === undefined ? {} : { name: backend }),
        software: software === true,
      })
      terminal.stderr.write(`backend ${found.name}: ${found.device}\n`)
      const data = await reportData(folder, settings)
      const bytes = new TextEncoder().encode(reportHtml(data))
      await writeFileAtomic(out, bytes)
      const features = number(data.features.length)
      terminal.stdout.write(
        `${out}: ${features} features over ${number(data.stream.length - 1)} tokens, ` +
          `${(bytes.length / 2 ** 20).toFixed(1)} MB; open it in a browser\n`,
      )
    })
}
