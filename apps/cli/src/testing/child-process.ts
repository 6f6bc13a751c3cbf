/**
 * The command line as a process of its own, for tests that kill it.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const entry = new URL('../index.ts', import.meta.url).href
export const root: string = fileURLToPath(new URL('../../../..', import.meta.url))

/** A command that runs, and what it has said so far. */
export interface RunningCommand {
  readonly child: ChildProcess
  /** Waits until it has said so; throws when it ends without. */
  said(words: string | RegExp): Promise<void>
  /** What it says on the way (standard error). */
  text(): string
  /** Its results (standard output). */
  results(): string
}

/** `winnow ...args` as a process of its own, read from the sources. */
export function start(...args: readonly string[]): RunningCommand {
  const script = `import(${JSON.stringify(entry)}).then(async ({ main }) => {
    process.exitCode = await main(${JSON.stringify(args)})
  })`
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', '--conditions=@winnow/source', '-e', script],
    { cwd: root },
  )
  let text = ''
  child.stderr.on('data', (part: Buffer) => {
    text += part
  })
  let results = ''
  child.stdout.on('data', (part: Buffer) => {
    results += part
  })
  const said = async (words: string | RegExp): Promise<void> => {
    while (text.match(words) === null) {
      if (child.exitCode !== null) throw new Error(`ended without ${words}: ${text}`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
  return { child, said, text: () => text, results: () => results }
}

/** Exit code and signal, when it has ended. */
export function ending(
  child: ChildProcess,
): Promise<readonly [code: number | null, signal: string | null]> {
  return new Promise((resolve) => {
    child.on('close', (code, signal) => resolve([code, signal]))
  })
}
