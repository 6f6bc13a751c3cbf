/**
 * `winnow backends`: what can compute here, and why the rest cannot.
 */
import { backends } from '@winnow/core'
import { Command } from 'commander'
import { table } from '../table.ts'
import type { Terminal } from '../terminal.ts'

export function backendsCommand(terminal: Terminal): Command {
  return new Command('backends')
    .description('show which backends start here, and why the others do not')
    .option('--software', 'allow WebGPU adapters that run on the CPU')
    .option('--json', 'print JSON')
    .action(async ({ software, json }: { software?: boolean; json?: boolean }) => {
      const reports = await backends({ software: software === true })
      if (json) {
        terminal.stdout.write(`${JSON.stringify(reports, null, 2)}\n`)
        return
      }
      const chosen = reports.find(({ available }) => available)
      const rows = reports.map((report) => [
        report === chosen ? '>' : report.available ? '+' : '-',
        report.name,
        report.available ? `found: ${report.device ?? ''}` : `refused: ${report.reason}`,
      ])
      terminal.stdout.write(`${table(rows)}\n`)
      terminal.stdout.write(
        `\n> is used unless you choose: --backend NAME, or WINNOW_BACKEND=NAME\n`,
      )
    })
}
