/**
 * The command line run inside a test: what it wrote and how it ended.
 */
import { main } from '../index.ts'

export interface Ending {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** Runs `winnow ...args` in this process. */
export async function winnow(...args: readonly string[]): Promise<Ending> {
  const out: string[] = []
  const err: string[] = []
  const code = await main(args, {
    stdout: { write: (text) => out.push(text) },
    stderr: { write: (text) => err.push(text) },
  })
  return { code, out: out.join(''), err: err.join('') }
}
