/**
 * `winnow systems`: the published systems and their status.
 */
import { Command } from 'commander'
import { systems, systemsPage } from '../systems/systems.ts'
import { table } from '../table.ts'
import type { Terminal } from '../terminal.ts'

export function systemsCommand(terminal: Terminal): Command {
  return new Command('systems')
    .description('list the published systems, the package each belongs to and its status')
    .option('--json', 'print JSON')
    .option('--markdown', 'print a page of Markdown: docs/systems.md is one')
    .action(({ json, markdown }: { json?: boolean; markdown?: boolean }) => {
      if (markdown) {
        terminal.stdout.write(systemsPage())
        return
      }
      const rows = systems()
      if (json) {
        terminal.stdout.write(`${JSON.stringify(rows, null, 2)}\n`)
        return
      }
      const lines = rows.map((row) => [
        String(row.number).padStart(3, '0'),
        `${row.name}${row.interpretation ? ' *' : ''}`,
        row.package,
        row.status,
        row.title,
      ])
      const done = rows.filter(({ status }) => status === 'implemented').length
      terminal.stdout.write(`${table(lines)}\n\n`)
      terminal.stdout.write(
        `${done} of ${rows.length} implemented. * is an interpretation in part.\n`,
      )
    })
}
