/**
 * Where a step on ONNX Runtime goes: loading of sessions, native runs and what is around them, and the runtime's own
 * record of each node, added up by operator.
 *
 * Must be made before the backend starts: it puts itself in the place of the binding's session class, which turns the
 * runtime's recording on. That slows runs a little, so timings are taken in another process.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ProfileLine } from '../protocol.ts'
import type { Profiler } from './profiler.ts'
import { topLines } from './top-lines.ts'

interface NativeSession {
  loadModel(buffer: ArrayBufferLike, offset: number, length: number, options: object): void
  run(feeds: object, fetches: object, options: object): object
  endProfiling(): void
  dispose(): void
}

/** An event of the runtime's record, which is in Chrome's trace format; microseconds. */
export interface TraceEvent {
  readonly cat?: string
  readonly name?: string
  readonly ts?: number
  readonly dur?: number
  readonly args?: { readonly op_name?: string }
}

/** What is known of a session: where its record goes, runs since the profile began, whether the record has ended. */
interface Recording {
  readonly prefix: string
  runs: number
  ended: boolean
}

export class OnnxProfiler implements Profiler {
  readonly #folder = mkdtempSync(join(tmpdir(), 'winnow-bench-'))
  readonly #sessions = new Map<NativeSession, Recording>()
  #loading = 0
  #running = 0
  #loads = 0
  #start = 0
  #before: ProfileLine[] = []

  constructor() {
    const module = new URL('../../packages/onnx/package.json', import.meta.url)
    const { binding } = createRequire(module)('onnxruntime-node/dist/binding.js') as {
      binding: { InferenceSession: new () => NativeSession }
    }
    const enter = (session: NativeSession): object => {
      const prefix = join(this.#folder, `session-${this.#sessions.size}`)
      this.#sessions.set(session, { prefix, runs: 0, ended: false })
      return { enableProfiling: true, profileFilePrefix: prefix }
    }
    const load = (milliseconds: number): void => {
      this.#loading += milliseconds
      this.#loads++
    }
    const ran = (session: NativeSession, milliseconds: number): void => {
      this.#running += milliseconds
      const known = this.#sessions.get(session)
      if (known !== undefined) known.runs++
    }
    const leave = (session: NativeSession): boolean => {
      const known = this.#sessions.get(session)
      if (known === undefined || known.ended) return false
      known.ended = true
      return true
    }
    binding.InferenceSession = class extends binding.InferenceSession {
      override loadModel(
        ...[buffer, offset, length, options]: Parameters<NativeSession['loadModel']>
      ) {
        const recorded = { ...options, ...enter(this) }
        const start = performance.now()
        super.loadModel(buffer, offset, length, recorded)
        load(performance.now() - start)
      }
      override dispose() {
        // The record ends with the session: it is written now, while it can be.
        if (leave(this)) this.endProfiling()
        super.dispose()
      }
      override run(...given: Parameters<NativeSession['run']>) {
        const start = performance.now()
        try {
          return super.run(...given)
        } finally {
          // Sessions whose results lie where they shall end with an error.
          ran(this, performance.now() - start)
        }
      }
    }
  }

  /** The first step's parts: everything before the profile proper counts as set-up. */
  first(milliseconds: number): void {
    const [load, run] = [this.#loading, this.#running]
    this.#before = [
      { name: 'first step: trace and rewrite', milliseconds: milliseconds - load - run },
      { name: 'first step: load', milliseconds: load, calls: this.#loads },
      { name: 'first step: native run', milliseconds: run },
    ]
  }

  start(): void {
    this.#running = 0
    for (const session of this.#sessions.values()) session.runs = 0
    this.#start = performance.now()
  }

  stop(steps: number): ProfileLine[] {
    const whole = (performance.now() - this.#start) / steps
    const native = this.#running / steps
    const nodes: ProfileLine[] = []
    for (const [session, { prefix, runs, ended }] of this.#sessions) {
      if (!ended) session.endProfiling()
      if (runs > 0) nodes.push(...operatorTimes(this.#events(prefix), runs, steps))
    }
    rmSync(this.#folder, { recursive: true, force: true })
    const inNodes = nodes.reduce((sum, { milliseconds }) => sum + milliseconds, 0)
    return [
      ...this.#before,
      { name: 'native run', milliseconds: native },
      {
        name: 'outside it (batch, feeds, draws, update, JavaScript)',
        milliseconds: whole - native,
      },
      { name: 'in the nodes of the graph', milliseconds: inNodes },
      ...topLines(nodes),
    ]
  }

  #events(prefix: string): TraceEvent[] {
    const file = readdirSync(this.#folder).find((name) =>
      join(this.#folder, name).startsWith(`${prefix}_`),
    )
    return file === undefined
      ? []
      : (JSON.parse(readFileSync(join(this.#folder, file), 'utf8')) as TraceEvent[])
  }
}

/** Time a step by operator in the last `runs` runs of a session. */
export function operatorTimes(
  events: readonly TraceEvent[],
  runs: number,
  steps: number,
): ProfileLine[] {
  const starts = events
    .filter(({ cat, name }) => cat === 'Session' && name === 'model_run')
    .map(({ ts = 0 }) => ts)
    .sort((a, b) => a - b)
  const from = starts.at(-runs) ?? 0
  const found = new Map<string, { milliseconds: number; calls: number }>()
  for (const { cat, name = '', ts = 0, dur = 0, args } of events) {
    if (cat !== 'Node' || ts < from || !name.endsWith('_kernel_time')) continue
    const operator = args?.op_name ?? 'unnamed'
    const entry = found.get(operator) ?? { milliseconds: 0, calls: 0 }
    entry.milliseconds += dur / 1000
    entry.calls++
    found.set(operator, entry)
  }
  return [...found].map(([name, { milliseconds, calls }]) => ({
    name,
    milliseconds: milliseconds / steps,
    calls: calls / steps,
  }))
}
