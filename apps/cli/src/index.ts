/**
 * The `winnow` command.
 */
import { WinnowError } from '@winnow/core'
import { CommanderError } from 'commander'
import { program } from './program.ts'
import type { Streams, Terminal } from './terminal.ts'

export type { Streams, TextStream } from './terminal.ts'

/**
 * Runs the command line and returns the exit code: 0 when done, 1 on an error that is told in words, 130 when Ctrl-C
 * ended it in good order.
 *
 * @param args what stands behind `winnow`
 * @param streams where to write; those of the process by default
 */
export async function main(args: readonly string[], streams: Streams = process): Promise<number> {
  const terminal: Terminal = { stdout: streams.stdout, stderr: streams.stderr, exitCode: 0 }
  try {
    await program(terminal).parseAsync([...args], { from: 'user' })
    return terminal.exitCode
  } catch (error) {
    // Commander has told its own errors already; help and version come here too, with code 0.
    if (error instanceof CommanderError) return error.exitCode
    if (error instanceof WinnowError) {
      terminal.stderr.write(`winnow: ${error.message}\n`)
      return 1
    }
    // Told here, not thrown on: the WebAssembly of tfjs has Node print all of its own source before the error.
    const { stack = String(error) } = error as Error
    terminal.stderr.write(`winnow: this is a mistake in Winnow, please report it:\n${stack}\n`)
    return 1
  }
}
