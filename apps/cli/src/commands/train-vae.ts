/**
 * `winnow train vae`: trains a variational autoencoder and writes a folder with the model, its history and pictures.
 */
import { Command, Option } from 'commander'
import { addDataOptions, addRunOptions, type TrainingDefaults } from '../run/command.ts'
import { trainRun } from '../run/train.ts'
import type { Terminal } from '../terminal.ts'
import { vaeKind } from '../vae/kind.ts'
import {
  DEFAULT_CHANNELS,
  DEFAULT_HIDDEN,
  LIKELIHOOD_NAMES,
  type VaeSettings,
} from '../vae/settings.ts'
import { amount, oneOf, whole, wholes } from './options.ts'

const defaults: TrainingDefaults = {
  name: vaeKind.name,
  data: 'mnist',
  minutes: vaeKind.minutes,
  batch: 128,
  learningRate: 2e-3,
  learningRateHelp: 'highest rate of Adam; it rises, then falls to zero',
}

export function trainVaeCommand(terminal: Terminal): Command {
  const command = new Command('vae').description('train a variational autoencoder')
  addDataOptions(command, defaults)
    .option('--latent <number>', 'latent dimensions', whole(1), 20)
    .option(
      '--hidden <sizes>',
      `layers of the encoder; the decoder has them in reverse (default: ${DEFAULT_HIDDEN})`,
      wholes,
    )
    .option('--conv', `convolutions: --hidden are channels (default: ${DEFAULT_CHANNELS})`)
    .addOption(
      new Option('--likelihood <name>', `what a pixel is: ${LIKELIHOOD_NAMES.join(', ')}`)
        .argParser(oneOf(...LIKELIHOOD_NAMES))
        .default('bernoulli'),
    )
    .addOption(
      new Option(
        '--binarise <how>',
        'grey pixels under bernoulli: random (drawn anew each epoch), none',
      )
        .argParser(oneOf('random', 'none'))
        .default('random'),
    )
    .option('--beta <number>', 'weight of the KL', amount(), 1)
    .option('--warmup <steps>', 'updates over which beta rises from 0', whole(0), 0)
    .option(
      '--free-bits <nats>',
      'nats that each latent dimension may carry for nothing',
      amount(),
      0,
    )
  return addRunOptions(command, defaults).action((settings: VaeSettings) =>
    trainRun(vaeKind, settings, terminal),
  )
}
