/** Which way a batch is trained on: see {@link denseEncoding} and {@link sparseEncoding}. */
import { getBackend } from '@tensorflow/tfjs-core'
import { check, unknownName } from '@winnow/core'

/** `auto` takes the faster one on the backend in use. Both give the same numbers. */
export type Path = 'auto' | 'dense' | 'sparse'

const PATHS: readonly Path[] = ['auto', 'dense', 'sparse']

/** Below this many latents for each one kept, whole matrices are as fast. */
const LATENTS_PER_KEPT = 16

/** Throws on an unknown name, and where the sparse path is asked for and the activation keeps no fixed number. */
export function checkPath(path: Path, kept: number | undefined): void {
  if (!PATHS.includes(path)) throw unknownName('SparseAutoencoder: path', path, PATHS)
  check(
    path !== 'sparse' || kept !== undefined,
    () =>
      "SparseAutoencoder: path: 'sparse' came, which needs an activation that keeps a fixed number, such as topK",
  )
}

/** Whether the batch goes by the sparse path; `kept` is then how many latents are on. */
export function takesSparsePath(path: Path, latents: number, kept: number | undefined): boolean {
  if (path !== 'auto' || kept === undefined) return path === 'sparse'
  // Its loops run on the host, from which a GPU's memory is far.
  return getBackend() !== 'webgpu' && latents >= LATENTS_PER_KEPT * kept
}
