/**
 * The retrieval model that is at hand, if one is: the package `@winnow/retrieval-small`, which is optional.
 */
import { WinnowError } from '@winnow/core'
import type { Embedder } from '@winnow/retrieval'

/** A package that brings a model. */
interface ModelPackage {
  /** Loads the model on the backend in use. */
  loadEmbedder(): Promise<Embedder>
}

const PACKAGE = '@winnow/retrieval-small'

/**
 * The model of the package, or undefined where that is not installed. `prepare` is called before a model is loaded.
 *
 * @throws WinnowError when the package is there and is none of ours
 */
export async function findEmbedder(prepare: () => Promise<void>): Promise<Embedder | undefined> {
  const name: string = PACKAGE
  let found: Partial<ModelPackage>
  try {
    found = (await import(name)) as Partial<ModelPackage>
  } catch (error) {
    if ((error as { code?: string }).code === 'ERR_MODULE_NOT_FOUND') return undefined
    throw error
  }
  if (typeof found.loadEmbedder !== 'function') {
    throw new WinnowError(`${PACKAGE}: brings no loadEmbedder(), expected a newer version of it`)
  }
  await prepare()
  return await found.loadEmbedder()
}
