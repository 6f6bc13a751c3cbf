/**
 * Where a checkpoint is kept: a file, or anything that holds bytes (IndexedDB, a server, a variable).
 */
import { fileExists, readFileBytes, writeFileAtomic } from './files.ts'

/** A place for one checkpoint. */
export interface CheckpointStore {
  /** What errors call it; 'checkpoint' by default. */
  readonly name?: string
  /** What was written last, or undefined where nothing was. */
  read(): Promise<Uint8Array | undefined>
  /** Replaces what was there; where that fails, what was there must stay. The bytes are the store's own from here on. */
  write(bytes: Uint8Array): Promise<void>
}

/** The file at `path` as a store; Node only. */
export function fileStore(path: string): CheckpointStore {
  return {
    name: path,
    read: async () => ((await fileExists(path)) ? await readFileBytes(path) : undefined),
    write: (bytes) => writeFileAtomic(path, bytes),
  }
}
