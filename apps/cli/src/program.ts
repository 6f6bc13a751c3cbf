/**
 * The command line: which commands there are, and what each takes.
 */
import { Command } from 'commander'
import metadata from '../package.json' with { type: 'json' }
import { backendsCommand } from './commands/backends.ts'
import { compareMaeCommand } from './commands/compare-mae.ts'
import { compareRetrievalCommand } from './commands/compare-retrieval.ts'
import { compareSaeCommand } from './commands/compare-sae.ts'
import { compareWallocCommand } from './commands/compare-walloc.ts'
import { compressCommand, decompressCommand } from './commands/compress.ts'
import { evalCommand } from './commands/eval.ts'
import { evaluateCodecCommand } from './commands/evaluate-codec.ts'
import { exportCommand } from './commands/export.ts'
import { saeReportCommand } from './commands/sae-report.ts'
import { searchIndexCommand, searchQueryCommand } from './commands/search.ts'
import { systemsCommand } from './commands/systems.ts'
import { tourCommand } from './commands/tour.ts'
import { trainCodecCommand } from './commands/train-codec.ts'
import { trainLmCommand } from './commands/train-lm.ts'
import { trainMaeCommand } from './commands/train-mae.ts'
import { trainRetrievalCommand } from './commands/train-retrieval.ts'
import { trainSaeCommand } from './commands/train-sae.ts'
import { trainVaeCommand } from './commands/train-vae.ts'
import type { Terminal } from './terminal.ts'

/** The commands, writing to `terminal`; they throw where commander would end the process. */
export function program(terminal: Terminal): Command {
  const { stdout, stderr } = terminal
  const root = new Command('winnow')
    .description('Train, evaluate and look at autoencoders')
    .version(metadata.version)
    .showHelpAfterError('(--help lists what there is)')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void stdout.write(text),
      writeErr: (text) => void stderr.write(text),
      getOutHelpWidth: () => stdout.columns ?? 80,
      getErrHelpWidth: () => stderr.columns ?? 80,
    })
  // Commands made apart do not inherit these settings by themselves.
  const add = (parent: Command, child: Command): Command => {
    parent.addCommand(child.copyInheritedSettings(parent))
    return child
  }
  add(root, tourCommand(terminal))
  add(root, backendsCommand(terminal))
  const train = add(root, new Command('train').description('train a model on data by name or path'))
  add(train, trainVaeCommand(terminal))
  add(train, trainMaeCommand(terminal))
  add(train, trainLmCommand(terminal))
  add(train, trainSaeCommand(terminal))
  add(train, trainRetrievalCommand(terminal))
  add(train, trainCodecCommand(terminal))
  const sae = add(root, new Command('sae').description('look into sparse autoencoders'))
  add(sae, saeReportCommand(terminal))
  const compare = add(root, new Command('compare').description('compare ways of training'))
  add(compare, compareMaeCommand(terminal))
  add(compare, compareRetrievalCommand(terminal))
  add(compare, compareSaeCommand(terminal))
  add(compare, compareWallocCommand(terminal))
  const search = add(root, new Command('search').description('index texts and search them'))
  add(search, searchIndexCommand(terminal))
  add(search, searchQueryCommand(terminal))
  add(root, evalCommand(terminal))
  const evaluate = add(root, new Command('evaluate').description('compare models with what exists'))
  add(evaluate, evaluateCodecCommand(terminal))
  add(root, compressCommand(terminal))
  add(root, decompressCommand(terminal))
  add(root, exportCommand(terminal))
  add(root, systemsCommand(terminal))
  return root
}
