/**
 * The retrieval model that comes along, in `@winnow/retrieval-tiny`.
 */
import type { Embedder } from '@winnow/retrieval'
import { loadTinyRetriever } from '@winnow/retrieval-tiny'

/** The model, after `prepare`, which settles the backend. */
export async function findEmbedder(prepare: () => Promise<void>): Promise<Embedder> {
  await prepare()
  return await loadTinyRetriever()
}
