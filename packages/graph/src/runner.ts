/** What runs plans. `@winnow/onnx` implements it; a graph that is only written needs none. */
import type { HostArray } from './element.ts'
import type { Plan } from './plan.ts'

/** Arrays in the order of {@link Plan.outputs} that results shall be put into, where the engine can; undefined: new ones. */
export type Destinations = readonly (HostArray | undefined)[]

/** A plan made ready to run. Several holders may share the session underneath. */
export interface Executable {
  /**
   * Runs at once. `feeds` come in the order of {@link Plan.inputs}, results in that of {@link Plan.outputs}.
   * @throws WinnowError where the engine has no synchronous run
   */
  runSync(feeds: readonly HostArray[], into?: Destinations): HostArray[]
  /** Runs at once where the engine can, else when its turn comes. The orders are those of {@link Executable.runSync}. */
  run(feeds: readonly HostArray[], into?: Destinations): Promise<HostArray[]>
  /** Lets go of the session; it may stay in the cache for the next plan of equal structure. */
  release(): void
}

/** An engine that computes plans on the host's arrays. */
export interface Runner {
  /** Whether {@link Executable.runSync} works. */
  readonly synchronous: boolean
  /**
   * Makes a plan ready to run, until it is released.
   * @param purpose `eager`: made for one flush of pending work; `program`: run many times
   */
  prepare(plan: Plan, purpose: 'eager' | 'program'): Executable
  /** Sessions that are alive, and the estimate of the bytes they hold. */
  memory(): { readonly sessions: number; readonly sessionBytes: number }
  /** Disposes every session, held or not. */
  dispose(): void
}

/** What `GraphBackend.memory` adds to tfjs's own figures. */
export interface GraphMemory {
  unreliable: boolean
  reasons?: string[]
  /** Nodes that are recorded and have not run. */
  pendingNodes: number
  /** Bytes that they would make. */
  pendingBytes: number
  sessions: number
  sessionBytes: number
}
