/**
 * `winnow compress` and `winnow decompress`: pictures to small files by a trained codec, and back.
 */
import { useBackend } from '@winnow/core'
import { Command, Option } from 'commander'
import {
  type CompressSettings,
  compressFiles,
  type DecompressSettings,
  decompressFiles,
} from '../codec/compress-files.ts'
import { codecHelp, loadCodec, SHIPPED_CODEC } from '../codec/load-codec.ts'
import { PICTURE_FORMATS } from '../codec/picture-file.ts'
import { interruptible } from '../interrupt.ts'
import type { Terminal } from '../terminal.ts'
import { amount, oneOf, whole } from './options.ts'

interface Shared {
  readonly model: string
  readonly backend?: string
  readonly software?: boolean
}

export function compressCommand(terminal: Terminal): Command {
  const command = new Command('compress')
    .description('compress a picture, or all of a folder, by a trained codec')
    .argument('<path>', 'a PNG, JPEG or WebP file, or a folder of them')
    .option('--quality <number>', 'from 0 to the highest of the model, the default', amount())
    .option('--tile <pixels>', 'sides of the tiles that are coded one after another', whole(1), 512)
  return addShared(command).action((path: string, settings: CompressSettings & Shared) =>
    withCodec(settings, terminal, (codec, signal) =>
      compressFiles(path, codec, { ...settings, signal }, terminal),
    ),
  )
}

export function decompressCommand(terminal: Terminal): Command {
  const command = new Command('decompress')
    .description('bring compressed pictures back')
    .argument('<path>', 'a .wnw file, or a folder of them')
    .addOption(
      new Option('--format <name>', `what to write: ${PICTURE_FORMATS.join(', ')}`)
        .argParser(oneOf(...PICTURE_FORMATS))
        .default('png'),
    )
  return addShared(command).action((path: string, settings: DecompressSettings & Shared) =>
    withCodec(settings, terminal, (codec, signal) =>
      decompressFiles(path, codec, { ...settings, signal }, terminal),
    ),
  )
}

function addShared(command: Command): Command {
  return command
    .option('--model <path>', codecHelp, SHIPPED_CODEC)
    .option(
      '--out <path>',
      'where to write: a file, or for a folder a folder; beside it by default',
    )
    .option('--force', 'write over files that are there')
    .option('--backend <name>', 'webgpu, cuda, onnx, wasm or cpu; the best that works by default')
    .option('--software', 'allow a WebGPU adapter that runs on the CPU')
}

async function withCodec(
  { model, backend, software }: Shared,
  terminal: Terminal,
  work: (codec: Awaited<ReturnType<typeof loadCodec>>, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  await useBackend({
    ...(backend === undefined ? {} : { name: backend }),
    software: software === true,
  })
  using codec = await loadCodec(model)
  await interruptible(
    (signal) => work(codec, signal),
    () => void terminal.stderr.write('interrupted: no half file is left\n'),
  )
}
