/**
 * What a bench and its participants say to each other: one JSON object a line, over the child's standard streams.
 *
 *     child:  { ready: { cases, label } }             or { skip: reason }
 *     parent: { run: 5, case: 'add' }      child: { milliseconds: [...], loss?, peakMegabytes }
 *     parent: { profile: 5, case: 'add' }  child: { profile: [{ name, milliseconds, calls }] }
 *     parent: { end: true }                child: { peakMegabytes } and exits
 *
 * A child answers { error } where a command fails, and stays. Lines that are not objects are chatter and are ignored.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

export interface Ready {
  /** What can be run; a single nameless case (`''`) for a whole training step. */
  readonly cases: readonly string[]
  /** Who computes, for people: `PyTorch 2.13.0, 1 thread`. */
  readonly label: string
}

/** One line of a profile: milliseconds a step. */
export interface ProfileLine {
  readonly name: string
  readonly milliseconds: number
  /** Calls a step, where it counts them. */
  readonly calls?: number
}

export type Command =
  | { readonly run: number; readonly case: string }
  | { readonly profile: number; readonly case: string }
  | { readonly end: true }

export interface RunAnswer {
  /** Of each step or call. */
  readonly milliseconds: readonly number[]
  /** The loss before the first update of this run. */
  readonly loss?: number
  readonly peakMegabytes?: number
}

/** How a participant is started. */
export interface Launch {
  readonly command: string
  readonly arguments: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
}

interface Refusal {
  readonly skip?: string
  readonly error?: string
}

/** A participant that cannot take part, with the reason. */
export class Absent extends Error {}

/** The child's end of the line. Every answer is waited for, so that only one process computes at a time. */
export class Participant {
  readonly name: string
  readonly #child: ChildProcess
  readonly #lines: string[] = []
  #waiting: ((line: string | undefined) => void) | undefined
  #ended = false
  #errors = ''
  #peakMegabytes = Number.NaN

  constructor(name: string, launch: Launch) {
    this.name = name
    this.#child = spawn(launch.command, launch.arguments, {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, ...launch.environment },
    })
    const end = (): void => {
      this.#ended = true
      this.#waiting?.(undefined)
    }
    this.#child.on('error', (error) => {
      this.#errors += `${error.message}\n`
      end()
    })
    this.#child.stderr?.on('data', (chunk) => {
      this.#errors = `${this.#errors}${chunk}`.slice(-4000)
    })
    // A child that dies with a command unread must not take the bench with it.
    this.#child.stdin?.on('error', () => undefined)
    const lines = createInterface({ input: this.#child.stdout as NodeJS.ReadableStream })
    lines.on('line', (line) => {
      if (!line.startsWith('{')) return
      if (this.#waiting === undefined) this.#lines.push(line)
      else this.#waiting(line)
    })
    lines.on('close', end)
  }

  /** The most memory that the child ever held, as it last said, in MB (10^6 bytes). */
  get peakMegabytes(): number {
    return this.#peakMegabytes
  }

  /** Waits until the child has built its workload. @throws Absent where it says that it cannot */
  async ready(limitSeconds: number): Promise<Ready> {
    const { ready } = await this.#answer<{ ready: Ready }>(limitSeconds)
    return ready
  }

  async run(count: number, name: string, limitSeconds: number): Promise<RunAnswer> {
    return await this.#ask({ run: count, case: name }, limitSeconds)
  }

  async profile(count: number, name: string, limitSeconds: number): Promise<ProfileLine[]> {
    const command = { profile: count, case: name }
    return (await this.#ask<{ profile: ProfileLine[] }>(command, limitSeconds)).profile
  }

  /** Asks the child for its last words, and lets it go. */
  async end(): Promise<void> {
    await this.#ask({ end: true }, 30)
    this.#child.stdin?.end()
  }

  kill(): void {
    this.#child.kill('SIGKILL')
  }

  async #ask<T>(command: Command, limitSeconds: number): Promise<T> {
    this.#child.stdin?.write(`${JSON.stringify(command)}\n`)
    return await this.#answer<T>(limitSeconds)
  }

  async #answer<T>(limitSeconds: number): Promise<T> {
    const line = await this.#line(limitSeconds)
    if (line === undefined) throw new Absent(lastLine(this.#errors) || 'it ended without a word')
    const answer = JSON.parse(line) as T & Refusal & { peakMegabytes?: number }
    const refusal = answer.skip ?? answer.error
    if (refusal !== undefined) throw new Absent(refusal)
    this.#peakMegabytes = answer.peakMegabytes ?? this.#peakMegabytes
    return answer
  }

  #line(limitSeconds: number): Promise<string | undefined> {
    const waiting = this.#lines.shift()
    if (waiting !== undefined || this.#ended) return Promise.resolve(waiting)
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting = undefined
        this.kill()
        reject(new Absent(`no answer within ${limitSeconds} s`))
      }, limitSeconds * 1000)
      this.#waiting = (line) => {
        clearTimeout(timer)
        this.#waiting = undefined
        resolve(line)
      }
    })
  }
}

function lastLine(text: string): string {
  return text.trimEnd().split('\n').at(-1)?.trim() ?? ''
}
