/**
 * The kinds of runs whose folders can be read again.
 */
import { savedCodec } from '../codec/saved.ts'
import { savedLm } from '../lm/saved.ts'
import { savedMae } from '../mae/saved.ts'
import { savedRetrieval } from '../retrieval/saved.ts'
import { savedSae } from '../sae/saved.ts'
import { savedVae } from '../vae/saved.ts'
import type { SavedRuns } from './saved.ts'

/** By the name that stands in `history.json`. */
export const savedKinds: Readonly<Record<string, SavedRuns>> = {
  vae: savedVae,
  mae: savedMae,
  lm: savedLm,
  sae: savedSae,
  retrieval: savedRetrieval,
  codec: savedCodec,
}
