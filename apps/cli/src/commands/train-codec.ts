/**
 * `winnow train codec`: trains a codec for pictures on a folder of photos.
 */
import { Command, InvalidArgumentError, Option } from 'commander'
import { codecKind } from '../codec/kind.ts'
import { CONTEXT_NAMES, type CodecSettings, PRIOR_NAMES, START_NAMES } from '../codec/settings.ts'
import { addDataOptions, addRunOptions, type TrainingDefaults } from '../run/command.ts'
import { trainRun } from '../run/train.ts'
import type { Terminal } from '../terminal.ts'
import { amount, oneOf, whole } from './options.ts'

const defaults: TrainingDefaults = {
  name: codecKind.name,
  minutes: codecKind.minutes,
  batch: 8,
  learningRate: 3e-4,
  learningRateHelp: 'highest rate of Adam; it rises, then falls to zero',
  texts: 'photos, which come inside Debian packages, or a folder of them (PNG, JPEG, WebP)',
}

export function trainCodecCommand(terminal: Terminal): Command {
  const command = new Command('codec').description('train a codec for pictures')
  addDataOptions(command, defaults)
    .addOption(
      new Option('--prior <name>', `how latents are foretold: ${PRIOR_NAMES.join(', ')}`)
        .argParser(oneOf(...PRIOR_NAMES))
        .default('hyperprior'),
    )
    .addOption(
      new Option('--context <name>', `what of them tells of the rest: ${CONTEXT_NAMES.join(', ')}`)
        .argParser(oneOf(...CONTEXT_NAMES))
        .default('none'),
    )
    .addOption(
      new Option('--start <name>', `how transforms begin: ${START_NAMES.join(', ')}`)
        .argParser(oneOf(...START_NAMES))
        .default('wavelets'),
    )
    .option('--channels <number>', 'channels between pixels and latents', whole(1), 64)
    .option('--latents <number>', 'channels of the latents', whole(1), 96)
    .option(
      '--lambdas <numbers>',
      'rising weights of the error, one for each quality',
      rising,
      [0.0025, 0.0067, 0.018, 0.0483],
    )
    .option('--crop <pixels>', 'sides of the patches that it is trained on', whole(1), 128)
    .option('--patches <number>', 'how many patches are cut from the photos', whole(1), 4000)
    .option('--longest <pixels>', 'photos are scaled down to this on the longer side', whole(1))
  return addRunOptions(command, defaults).action((settings: CodecSettings) =>
    trainRun(codecKind, settings, terminal),
  )
}

function rising(text: string): readonly number[] {
  const values = text.split(',').map(amount({ positive: true }))
  if (values.some((value, i) => value <= (values[i - 1] ?? 0))) {
    throw new InvalidArgumentError('Expected rising numbers with commas between.')
  }
  return values
}
