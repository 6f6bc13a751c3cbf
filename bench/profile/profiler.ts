import type { ProfileLine } from '../protocol.ts'

/** Watches steps and tells where their time goes. */
export interface Profiler {
  /** Told how long the first step took, before `start`. */
  first?(milliseconds: number): void
  start(): void
  /** Stops and tells where the time of `steps` steps went. */
  stop(steps: number): readonly ProfileLine[]
}
