/**
 * `winnow train mae`: trains a masked autoencoder on images and writes a folder with the model, its history and pictures.
 */
import { Command, Option } from 'commander'
import { maeKind } from '../mae/kind.ts'
import { MASK_NAMES, type MaeSettings, TARGET_NAMES } from '../mae/settings.ts'
import { addDataOptions, addRunOptions, type TrainingDefaults } from '../run/command.ts'
import { trainRun } from '../run/train.ts'
import type { Terminal } from '../terminal.ts'
import { amount, oneOf, whole } from './options.ts'

const defaults: TrainingDefaults = {
  name: maeKind.name,
  data: 'mnist',
  minutes: maeKind.minutes,
  batch: 128,
  learningRate: 2e-3,
  learningRateHelp: 'highest rate of AdamW; it rises, then falls to zero',
}

/** The options of the model, with their defaults; `compare mae` has them too. */
export function addModelOptions(command: Command): Command {
  return command
    .option('--patch <pixels>', 'height and width of a patch', whole(1), 4)
    .option('--width <features>', 'width of the encoder', whole(1), 64)
    .option('--depth <blocks>', 'blocks of the encoder', whole(1), 4)
    .option('--heads <number>', 'heads of attention', whole(1), 4)
    .option('--decoder-width <features>', 'width of the decoder', whole(1), 48)
    .option('--decoder-depth <blocks>', 'blocks of the decoder', whole(1), 2)
    .addOption(
      new Option('--mask <kind>', `what is hidden: ${MASK_NAMES.join(', ')}`)
        .argParser(oneOf(...MASK_NAMES))
        .default('random'),
    )
    .option('--ratio <share>', 'share of the patches that is hidden', amount(), 0.75)
    .addOption(
      new Option('--target <name>', `what is predicted of a patch: ${TARGET_NAMES.join(', ')}`)
        .argParser(oneOf(...TARGET_NAMES))
        .default('normalisedPixels'),
    )
    .option('--flip', 'mirror images at random: for photos, not for digits')
    .option('--crop', 'cut windows of random area and shape, as the paper does: for photos')
}

export function trainMaeCommand(terminal: Terminal): Command {
  const command = new Command('mae').description('train a masked autoencoder')
  addModelOptions(addDataOptions(command, defaults)).option(
    '--probe <steps>',
    'updates between linear probes; 0 for none (default: ten probes a run)',
    whole(0),
  )
  return addRunOptions(command, defaults).action((settings: MaeSettings) =>
    trainRun(maeKind, settings, terminal),
  )
}
