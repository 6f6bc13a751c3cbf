/**
 * The options that all training commands have.
 */
import { type Command, Option } from 'commander'
import { amount, whole } from '../commands/options.ts'
import { dataHelp } from '../data/help.ts'

/** What the shared options default to. */
export interface TrainingDefaults {
  /** The kind's name: `vae`. */
  readonly name: string
  /** None where it follows from other settings. */
  readonly data?: string
  readonly minutes: number
  readonly batch: number
  readonly learningRate: number
  /** What the rate is: `highest rate of Adam; it rises, then falls to zero`. */
  readonly learningRateHelp: string
  /** What `--data` takes, where that is not images. */
  readonly texts?: string
}

/** Adds data and length of the run: what a user looks for first. */
export function addDataOptions(command: Command, defaults: TrainingDefaults): Command {
  const { data, texts } = defaults
  command.option('--data <name>', `what to train on: ${texts ?? dataHelp()}`, data)
  if (texts === undefined) {
    const help = 'height and width that images of a folder are brought to'
    command.option('--size <pixels>', help, whole(1))
  }
  return command
    .addOption(
      new Option('--epochs <number>', 'passes over the data')
        .argParser(whole(1))
        .conflicts(['steps', 'minutes']),
    )
    .addOption(
      new Option('--steps <number>', 'updates, instead of epochs')
        .argParser(whole(1))
        .conflicts(['epochs', 'minutes']),
    )
    .option(
      '--minutes <number>',
      `as many updates as fit in this time, measured first (default: ${defaults.minutes})`,
      amount({ positive: true }),
    )
    .option('--batch <number>', 'items per update', whole(1), defaults.batch)
}

/** Adds the optimiser's rate, seed, backend and folder. */
export function addRunOptions(command: Command, defaults: TrainingDefaults): Command {
  return command
    .option(
      '--learning-rate <number>',
      defaults.learningRateHelp,
      amount({ positive: true }),
      defaults.learningRate,
    )
    .option('--seed <number>', 'settles weights, order and noise', whole(0), 7)
    .option('--backend <name>', 'webgpu, cuda, onnx, wasm or cpu; the best that works by default')
    .option('--software', 'allow a WebGPU adapter that runs on the CPU')
    .option('--out <folder>', `where to write; runs/${defaults.name}-DATA by default`)
    .option('--resume <folder>', 'go on with an interrupted run; its own settings hold')
}
