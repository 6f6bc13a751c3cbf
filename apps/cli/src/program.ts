/**
 * The command line: which commands there are, and what each takes.
 */
import { Command } from 'commander'
import metadata from '../package.json' with { type: 'json' }
import { backendsCommand } from './commands/backends.ts'
import { evalCommand } from './commands/eval.ts'
import { systemsCommand } from './commands/systems.ts'
import { trainVaeCommand } from './commands/train-vae.ts'

export function program(): Command {
  const root = new Command('winnow')
    .description('Train, evaluate and look at autoencoders')
    .version(metadata.version)
    .showHelpAfterError('(winnow --help lists the commands)')
    .exitOverride()
  const train = new Command('train')
    .description('train a model on data by name, or on your own')
    .exitOverride()
  train.addCommand(trainVaeCommand().exitOverride())
  root.addCommand(backendsCommand().exitOverride())
  root.addCommand(train)
  root.addCommand(evalCommand().exitOverride())
  root.addCommand(systemsCommand().exitOverride())
  return root
}
