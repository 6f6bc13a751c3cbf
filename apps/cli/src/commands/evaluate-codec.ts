/**
 * `winnow evaluate codec`: a codec beside JPEG, WebP and AVIF on a folder of pictures.
 */
import { join } from 'node:path'
import { useBackend, writeFileAtomic } from '@winnow/core'
import { Command } from 'commander'
import { DEBIAN_PHOTOS, testPhotos } from '../codec/debian-photos.ts'
import {
  evaluateCodec,
  evaluationMarkdown,
  evaluationPictures,
  evaluationText,
} from '../codec/evaluate.ts'
import { codecHelp, loadCodec, SHIPPED_CODEC } from '../codec/load-codec.ts'
import { readPhotos } from '../codec/photos.ts'
import { PICTURE_ENDINGS } from '../codec/picture-file.ts'
import { findFiles } from '../codec/picture-files.ts'
import type { Terminal } from '../terminal.ts'
import { whole } from './options.ts'

interface EvaluateCodecSettings {
  readonly model: string
  readonly images: string
  readonly longest?: number
  readonly out: string
  readonly backend?: string
  readonly software?: boolean
}

export function evaluateCodecCommand(terminal: Terminal): Command {
  return new Command('codec')
    .description('measure a codec beside JPEG, WebP and AVIF')
    .requiredOption(
      '--images <folder>',
      'pictures that it was not trained on; photos: four inside a Debian package',
    )
    .option('--model <path>', codecHelp, SHIPPED_CODEC)
    .option('--longest <pixels>', 'pictures are scaled down to this on the longer side', whole(1))
    .option('--out <folder>', 'where to write', 'runs/evaluate-codec')
    .option('--backend <name>', 'webgpu, cuda, onnx, wasm or cpu; the best that works by default')
    .option('--software', 'allow a WebGPU adapter that runs on the CPU')
    .action((settings: EvaluateCodecSettings) => evaluate(settings, terminal))
}

async function evaluate(settings: EvaluateCodecSettings, terminal: Terminal): Promise<void> {
  const { model, images, longest, out, backend, software } = settings
  const say = (line: string): void => void terminal.stderr.write(`${line}\n`)
  const found = await useBackend({
    ...(backend === undefined ? {} : { name: backend }),
    software: software === true,
  })
  say(`backend ${found.name}: ${found.device}`)
  using codec = await loadCodec(model)
  const pictures =
    images === DEBIAN_PHOTOS ? await testPhotos() : await findFiles(images, PICTURE_ENDINGS)
  const photos = await readPhotos(pictures, longest)
  const evaluation = await evaluateCodec(codec, photos, say)
  const text = new TextEncoder()
  const files = new Map([
    [
      'evaluation.json',
      text.encode(`${JSON.stringify({ backend: found, ...evaluation }, null, 2)}\n`),
    ],
    [
      'evaluation.md',
      text.encode(evaluationMarkdown(evaluation, `${codec.name} beside JPEG, WebP and AVIF`)),
    ],
    ...(await evaluationPictures(evaluation)),
  ])
  for (const [name, bytes] of files) await writeFileAtomic(join(out, name), bytes)
  terminal.stdout.write(
    `${evaluationText(evaluation)}\n\n${out}/  ${[...files.keys()].join('  ')}\n`,
  )
}
