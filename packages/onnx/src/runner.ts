/** Sessions by structure: equal plans share one, and the cache is bounded by number and bytes. */
import type { Executable, Plan, Runner } from '@winnow/graph'
import type { Native, SessionOptions } from './native.ts'
import { Session } from './session.ts'

/** Bounds of the sessions that nobody holds; those that programs hold are never dropped. */
export interface SessionBounds {
  readonly sessions: number
  readonly bytes: number
}

interface Cached {
  readonly session: Session
  holders: number
}

/** Runs plans in ONNX Runtime's sessions, which it keeps for plans of equal structure. */
export class OnnxRunner implements Runner {
  readonly synchronous: boolean
  readonly #native: Native
  readonly #options: (purpose: 'eager' | 'program') => SessionOptions
  readonly #bounds: SessionBounds
  /** In the order of last use, oldest first. */
  readonly #sessions = new Map<string, Cached>()
  #bytes = 0

  constructor(
    native: Native,
    options: (purpose: 'eager' | 'program') => SessionOptions,
    bounds: SessionBounds = { sessions: 256, bytes: 2 ** 30 },
  ) {
    this.#native = native
    this.#options = options
    this.#bounds = bounds
    this.synchronous = native.binding !== undefined
  }

  /** The session of an equal plan, or a new one. It stays until released; then it may be dropped for newer ones. */
  prepare(plan: Plan, purpose: 'eager' | 'program'): Executable {
    const key = `${purpose}|${plan.key}`
    let cached = this.#sessions.get(key)
    if (cached === undefined) {
      const session = new Session(this.#native, plan, this.#options(purpose))
      cached = { session, holders: 0 }
      this.#bytes += session.bytes
    } else {
      this.#sessions.delete(key)
    }
    this.#sessions.set(key, cached)
    cached.holders++
    this.#evict()
    const held = cached
    let released = false
    return {
      runSync: (feeds, into) => held.session.runSync(feeds, into),
      run: (feeds, into) => held.session.run(feeds, into),
      release: () => {
        if (released) return
        released = true
        held.holders--
        this.#evict()
      },
    }
  }

  /** Sessions that are alive, and the estimate of the bytes they hold. */
  memory(): { sessions: number; sessionBytes: number } {
    return { sessions: this.#sessions.size, sessionBytes: this.#bytes }
  }

  /** Disposes every session, held or not. */
  dispose(): void {
    for (const { session } of this.#sessions.values()) session.dispose()
    this.#sessions.clear()
    this.#bytes = 0
  }

  #evict(): void {
    const { sessions, bytes } = this.#bounds
    for (const [key, { session, holders }] of this.#sessions) {
      if (holders > 0) continue
      // One that would fill the cache by itself is not kept: its memory is worth more than its loading.
      const large = session.bytes > bytes / 4
      if (!large && this.#sessions.size <= sessions && this.#bytes <= bytes) continue
      this.#sessions.delete(key)
      this.#bytes -= session.bytes
      session.dispose()
    }
  }
}
