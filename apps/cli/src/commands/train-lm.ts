/**
 * `winnow train lm`: trains a small language model on texts and writes a folder with the model, its tokenizer, its history
 * and what it writes.
 */
import { Command, Option } from 'commander'
import { textHelp } from '../data/text/load-text.ts'
import { lmKind } from '../lm/kind.ts'
import { type LmSettings, POSITION_NAMES } from '../lm/settings.ts'
import { addDataOptions, addRunOptions, type TrainingDefaults } from '../run/command.ts'
import { trainRun } from '../run/train.ts'
import type { Terminal } from '../terminal.ts'
import { amount, oneOf, whole } from './options.ts'

const defaults: TrainingDefaults = {
  name: lmKind.name,
  data: 'wordnet',
  minutes: lmKind.minutes,
  batch: 16,
  learningRate: 4e-3,
  learningRateHelp: 'highest rate of Muon and Adam; it rises, then falls to zero',
  texts: textHelp(),
}

export function trainLmCommand(terminal: Terminal): Command {
  const command = new Command('lm').description('train a small language model')
  addDataOptions(command, defaults)
    .option('--vocabulary <entries>', 'of the tokenizer, learnt from the texts', whole(257), 4096)
    .option('--context <tokens>', 'tokens that the model looks back on', whole(1), 128)
    .option('--width <features>', 'width of the model', whole(1), 256)
    .option('--depth <blocks>', 'blocks of the model', whole(1), 4)
    .option('--heads <number>', 'heads of attention', whole(1), 8)
    .addOption(
      new Option('--positions <name>', `how places are told: ${POSITION_NAMES.join(', ')}`)
        .argParser(oneOf(...POSITION_NAMES))
        .default('rotary'),
    )
    .option('--dropout <share>', 'share of activations left out while training', amount(), 0)
  return addRunOptions(command, defaults).action((settings: LmSettings) =>
    trainRun(lmKind, settings, terminal),
  )
}
