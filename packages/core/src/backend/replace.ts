/**
 * A backend in place of one whose device failed. Who chose the last one says how: so that `fit` can replace it, and a bundle
 * that never chooses does without the drivers.
 */
import { check } from '../error.ts'
import type { FoundBackend } from './choose.ts'

/** Activates the backend `failed` anew or another one, but none of `without`. */
export type Replace = (failed: string, without: readonly string[]) => Promise<FoundBackend>

let replace: Replace | undefined

/** From now on `fn` chooses. */
export function replaceBy(fn: Replace): void {
  replace = fn
}

/** @throws WinnowError where none starts, or nobody has chosen one by `useBackend` */
export async function replaceBackend(
  failed: string,
  without: readonly string[],
): Promise<FoundBackend> {
  check(replace !== undefined, () => 'the backend was not chosen by useBackend, which knows others')
  return await replace(failed, without)
}
