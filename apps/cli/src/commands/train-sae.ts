/**
 * `winnow train sae`: trains a sparse autoencoder on the activations of a language model that `winnow train lm` trained.
 */
import { check } from '@winnow/core'
import { Command, Option } from 'commander'
import { textHelp } from '../data/text/load-text.ts'
import { lmKind } from '../lm/kind.ts'
import { addDataOptions, addRunOptions, type TrainingDefaults } from '../run/command.ts'
import { readRecord } from '../run/run-folder.ts'
import { trainRun } from '../run/train.ts'
import { saeKind } from '../sae/kind.ts'
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
  texts: `${textHelp()}; what the language model was trained on by default`,
}

export function trainSaeCommand(terminal: Terminal): Command {
  const command = new Command('sae')
    .description('train a sparse autoencoder on activations of a language model')
    .option('--model <run>', 'the folder that train lm wrote')
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
    async (given: Omit<SaeSettings, 'data' | 'model'> & Partial<SaeSettings>) => {
      const { model = '', resume } = given
      check(resume !== undefined || model !== '', () => '--model: expected a run of train lm')
      const data = given.data ?? (resume ? '' : (await readRecord(model, lmKind)).settings.data)
      await trainRun(saeKind, { ...given, model, data }, terminal)
    },
  )
}
