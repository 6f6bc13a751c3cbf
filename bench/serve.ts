/** The participant's side of the protocol, for those that run in Node. */
import { createInterface } from 'node:readline'
import type { Command, ProfileLine, RunAnswer } from './protocol.ts'

/** Something that can be run again and again. */
export interface Work {
  /** Makes so many steps, one after another. */
  run(count: number): Promise<RunAnswer>
  /** Where the time of a step goes, over so many steps. */
  profile?(count: number): Promise<readonly ProfileLine[]>
  dispose?(): Promise<void> | void
}

export interface Workload {
  readonly label: string
  readonly cases: ReadonlyMap<string, Work>
}

function say(message: object): void {
  process.stdout.write(`${JSON.stringify(message)}\n`)
}

/** One line of what was thrown. */
export function reasonOf(thrown: unknown): string {
  return String((thrown as { message?: unknown } | null)?.message ?? thrown).split(
    '\n',
  )[0] as string
}

/** The most memory that this process ever held, in MB (10^6 bytes). */
function peakMegabytes(): number {
  return (process.resourceUsage().maxRSS * 1024) / 1e6
}

async function answer(command: Command, { cases }: Workload): Promise<object> {
  if ('end' in command) {
    for (const work of cases.values()) await work.dispose?.()
    return { peakMegabytes: peakMegabytes() }
  }
  const work = cases.get(command.case)
  if (work === undefined) return { error: `there is no case '${command.case}'` }
  if ('run' in command) return { ...(await work.run(command.run)), peakMegabytes: peakMegabytes() }
  return { profile: (await work.profile?.(command.profile)) ?? [] }
}

/** Builds the workload and answers until it is told to end. */
export async function serve(build: () => Promise<Workload>): Promise<void> {
  let workload: Workload
  try {
    workload = await build()
  } catch (thrown) {
    say({ skip: reasonOf(thrown) })
    return
  }
  say({ ready: { cases: [...workload.cases.keys()], label: workload.label } })
  for await (const line of createInterface({ input: process.stdin })) {
    const command = JSON.parse(line) as Command
    try {
      say(await answer(command, workload))
    } catch (thrown) {
      say({ error: reasonOf(thrown) })
    }
    if ('end' in command) break
  }
  process.exit(0)
}

/** Times `count` calls, each waited for. */
export async function timed(count: number, call: () => Promise<void> | void): Promise<number[]> {
  const milliseconds: number[] = []
  for (let i = 0; i < count; i++) {
    const start = performance.now()
    await call()
    milliseconds.push(performance.now() - start)
  }
  return milliseconds
}
