/**
 * Where a run is kept, and what is known of what lies there.
 */
import { type CheckpointStore, fileStore } from '../checkpoint/store.ts'
import { check } from '../error.ts'
import type { CheckpointOptions } from './fit-options.ts'
import { type RunParts, runCheckpoint } from './run-checkpoint.ts'

/** Milliseconds between saves at the ends of short epochs. */
const SAVE_INTERVAL = 1000

/** The place of one run's checkpoint; without `options` nothing is kept. */
export class RunStore {
  readonly #store: CheckpointStore | undefined
  readonly #resume: boolean
  #kept = false
  #advanced = false
  #saved = Number.NEGATIVE_INFINITY

  constructor(options: CheckpointOptions | undefined) {
    this.#store = options?.path === undefined ? options?.store : fileStore(options.path)
    this.#resume = options?.resume === true
  }

  /** What errors call it. */
  get name(): string {
    return this.#store?.name ?? 'checkpoint'
  }

  /** Whether it holds a checkpoint of this run: what a file held before does not count, unless it was resumed from. */
  get kept(): boolean {
    return this.#kept
  }

  /** Whether it was written since it was last read. */
  get advanced(): boolean {
    return this.#advanced
  }

  /** Whether so long ago that a short epoch's end is worth a save. */
  get due(): boolean {
    return performance.now() - this.#saved > SAVE_INTERVAL
  }

  /** The checkpoint to go on from, if any: one to resume from, or this run's own. */
  async read(): Promise<Uint8Array | undefined> {
    const own = this.#kept
    const bytes = own || this.#resume ? await this.#store?.read() : undefined
    this.#kept = bytes !== undefined
    this.#advanced = false
    check(!own || this.#kept, () => `${this.name}: the run's checkpoint is gone`)
    return bytes
  }

  /** Replaces the checkpoint. */
  async write(parts: RunParts): Promise<void> {
    if (this.#store === undefined) return
    await this.#store.write(await runCheckpoint(parts))
    this.#saved = performance.now()
    this.#kept = true
    this.#advanced = true
  }
}
