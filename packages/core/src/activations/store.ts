/**
 * Where a set of activations is kept: a folder, or anything that holds named files (IndexedDB, OPFS, a variable).
 */
import { fileExists, readFileBytes, readFilePart, writeFileAtomic } from '../checkpoint/files.ts'
import { check } from '../error.ts'

/** A place for the files of one set of activations. */
export interface ActivationStore {
  /** What errors call it; nothing by default. */
  readonly name?: string
  /** The whole file, or its bytes from `begin` up to `end` (as many as there are); undefined where there is no such file. */
  read(file: string, begin?: number, end?: number): Promise<Uint8Array | undefined>
  /** Replaces the file; where that fails, what was there must stay. The bytes are the store's own from here on. */
  write(file: string, bytes: Uint8Array): Promise<void>
}

/** A folder, or a store of another kind. */
export type ActivationPlace = string | ActivationStore

/** The files of the folder at `path`, each written beside and renamed; Node only. */
export function folderStore(path: string): ActivationStore {
  return {
    name: path,
    async read(file, begin, end) {
      const place = `${path}/${file}`
      if (!(await fileExists(place))) return undefined
      if (begin === undefined) return await readFileBytes(place)
      return await readFilePart(place, begin, end ?? Number.POSITIVE_INFINITY)
    },
    write: (file, bytes) => writeFileAtomic(`${path}/${file}`, bytes),
  }
}

/** Files in memory, for a browser or a test. */
export function memoryStore(): ActivationStore {
  const files = new Map<string, Uint8Array>()
  return {
    read: async (file, begin = 0, end) => files.get(file)?.slice(begin, end),
    write: async (file, bytes) => void files.set(file, bytes),
  }
}

export function storeOf(place: ActivationPlace): ActivationStore {
  check(
    typeof place === 'string' ? place !== '' : typeof place?.read === 'function',
    () => `activations: ${JSON.stringify(place)} came as their place, expected a folder or a store`,
  )
  return typeof place === 'string' ? folderStore(place) : place
}

/** What errors call a file of the store. */
export function fileName(store: ActivationStore, file: string): string {
  return store.name === undefined ? file : `${store.name}/${file}`
}
