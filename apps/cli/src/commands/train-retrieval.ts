/**
 * `winnow train retrieval`: pre-trains a passage encoder or fine-tunes a retriever, and writes a folder with the model, its
 * tokenizer, its history and curves.
 */
import { Command, Option } from 'commander'
import { retrievalHelp } from '../data/text/retrieval-set.ts'
import { retrievalKind } from '../retrieval/kind.ts'
import { EMBEDDING_NAMES, STAGES, type StageSettings } from '../retrieval/stage.ts'
import { addDataOptions, addRunOptions, type TrainingDefaults } from '../run/command.ts'
import { trainRun } from '../run/train.ts'
import type { Terminal } from '../terminal.ts'
import { oneOf, whole } from './options.ts'

const defaults: TrainingDefaults = {
  name: retrievalKind.name,
  data: 'wordnet',
  minutes: retrievalKind.minutes,
  batch: 64,
  learningRate: 1e-3,
  learningRateHelp: 'highest rate; it rises, then falls to zero',
  texts: retrievalHelp(),
}

export function trainRetrievalCommand(terminal: Terminal): Command {
  const command = new Command('retrieval').description('train a retriever, stage by stage')
  addDataOptions(command, defaults)
    .addOption(
      new Option('--stage <name>', `what is done: ${STAGES.join(', ')}`)
        .argParser(oneOf(...STAGES))
        .default('dupMae'),
    )
    .option('--from <folder>', 'a run of pre-training to start from; its sizes hold')
    .addOption(
      new Option('--embedding <name>', `what tuning gives: ${EMBEDDING_NAMES.join(', ')}`)
        .argParser(oneOf(...EMBEDDING_NAMES))
        .default('dense'),
    )
    .option(
      '--patience <probes>',
      'stop early after so many probes (of ten) in a row without a better nDCG@10',
      whole(1),
    )
    .option('--vocabulary <entries>', 'of the tokenizer', whole(261), 8192)
    .option('--context <tokens>', 'tokens of a document; queries have half', whole(4), 32)
    .option('--width <features>', 'width of the encoder', whole(1), 256)
    .option('--depth <blocks>', 'blocks of the encoder', whole(1), 4)
    .option('--heads <number>', 'heads of attention', whole(1), 4)
  return addRunOptions(command, defaults).action((settings: StageSettings) =>
    trainRun(retrievalKind, settings, terminal),
  )
}
