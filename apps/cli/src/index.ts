/**
 * The `winnow` command.
 */
import { WinnowError } from '@winnow/core'
import { CommanderError } from 'commander'
import { program } from './program.ts'

/**
 * Runs the command line and returns the exit code: 0 when done, 1 on an error that is told in words.
 *
 * @param args what stands behind `winnow`
 */
export async function main(args: readonly string[]): Promise<number> {
  try {
    await program().parseAsync([...args], { from: 'user' })
    return 0
  } catch (error) {
    // Commander has told its own errors already; help and version come here too, with code 0.
    if (error instanceof CommanderError) return error.exitCode
    if (error instanceof WinnowError) {
      process.stderr.write(`winnow: ${error.message}\n`)
      return 1
    }
    throw error
  }
}
