/**
 * `winnow train sae`: trains a sparse autoencoder on the activations of a language model, the one that comes along or one
 * that `winnow train lm` trained.
 */
import { Command, Option } from 'commander'
import { textHelp } from '../data/text/load-text.ts'
import { addDataOptions, addRunOptions, type TrainingDefaults } from '../run/command.ts'
import { trainRun } from '../run/train.ts'
import { saeKind } from '../sae/kind.ts'
import { modelHelp, SHIPPED, textsOf } from '../sae/language-model.ts'
import { SAE_KINDS, type SaeSettings } from '../sae/settings.ts'
import type { Terminal } from '../terminal.ts'
import { amount, oneOf, whole } from './options.ts'

/** What the commands on sparse autoencoders default to. */
export const saeDefaults: TrainingDefaults = {
  name: saeKind.name,
  minutes: saeKind.minutes,
  batch: 1024,
  learningRate: 1e-3,
  learningRateHelp: 'highest rate of Adam; it rises, then falls to zero',
  texts: `${textHelp()}; what the language model was trained on by default, ${SHIPPED} on more than that`,
}

export function trainSaeCommand(terminal: Terminal): Command {
  const command = new Command('sae')
    .description('train a sparse autoencoder on activations of a language model')
    .option('--model <run>', modelHelp, SHIPPED)
    .option('--at <place>', 'where in the model: embedded, blocks.0 and so on, last', 'blocks.1')
  addDataOptions(command, saeDefaults)
    .addOption(
      new Option('--kind <name>', 'topk: k latents for each token; relu: a penalty on their sum')
        .argParser(oneOf(...SAE_KINDS))
        .default('topk'),
    )
    .option('--latents <number>', 'directions in the dictionary', whole(1), 4096)
    .option('--k <number>', 'of topk: latents that are on for a token', whole(1), 32)
    .option('--l1 <number>', 'of relu: weight of the penalty', amount(), 0.01)
    .option('--tokens <number>', 'tokens whose activations are collected', whole(1), 1_000_000)
    .option('--dead-after <tokens>', 'a latent silent for so many is dead', whole(1), 500_000)
  return addRunOptions(command, saeDefaults).action(
    async (given: Omit<SaeSettings, 'data'> & Partial<SaeSettings>) => {
      const data = given.data ?? (given.resume === undefined ? await textsOf(given.model) : '')
      await trainRun(saeKind, { ...given, data }, terminal)
    },
  )
}
