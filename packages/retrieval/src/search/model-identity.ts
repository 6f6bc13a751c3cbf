/**
 * Which model made the vectors of an index: those of another one mean something else, however well they fit in width.
 */
import { check } from '@winnow/core'

/** A model, by name and weights. */
export interface ModelIdentity {
  /** For people: `@winnow/retrieval-tiny`. */
  readonly name: string
  /** Of its weights: another training is another model. {@link modelIdentity} makes one. */
  readonly hash: string
}

/** The identity of a model whose file (or weights) are `bytes`: SHA-256, in hexadecimal digits. */
export async function modelIdentity(
  name: string,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<ModelIdentity> {
  const digest = new Uint8Array(await globalThis.crypto.subtle.digest('SHA-256', bytes))
  return { name, hash: [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('') }
}

/** @throws WinnowError when an index whose vectors are `found`'s is to be used with `expected` */
export function checkSameModel(
  index: string,
  found: ModelIdentity | undefined,
  expected: ModelIdentity | undefined,
): void {
  if (expected === undefined || (found?.name === expected.name && found.hash === expected.hash)) {
    return
  }
  const theirs = found === undefined ? 'a model that it does not name' : shown(found)
  check(
    false,
    () =>
      `${index}: its vectors were made by ${theirs}, but ${shown(expected)} is in use; ` +
      'take that model, or index the texts again',
  )
}

function shown({ name, hash }: ModelIdentity): string {
  return `the model '${name}' (${hash.slice(0, 12)})`
}
