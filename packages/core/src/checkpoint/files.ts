/**
 * Files of Node, reached by a dynamic import so that the browser's bundle does without; a save writes beside and renames.
 */
import { WinnowError } from '../error.ts'

/**
 * The bytes of the file at `path`.
 * @throws WinnowError when there is none, it cannot be read, or this is not Node
 */
export async function readFileBytes(path: string): Promise<Uint8Array<ArrayBuffer>> {
  const { fs } = await nodeFiles(path)
  try {
    const { buffer, byteOffset, byteLength } = await fs.readFile(path)
    return new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength)
  } catch (error) {
    throw inWords(path, error, 'read')
  }
}

/**
 * Puts `bytes` in the file at `path`, making its folders: written whole beside it and renamed, so that a reader (or a
 * crash) finds the old file or the new one, never a part.
 * @throws WinnowError when it cannot be written, or this is not Node
 */
export async function writeFileAtomic(path: string, bytes: Uint8Array): Promise<void> {
  const { fs, dirname } = await nodeFiles(path)
  const beside = `${path}.${globalThis.crypto.randomUUID()}.part`
  try {
    await fs.mkdir(dirname(path), { recursive: true })
    const handle = await fs.open(beside, 'wx')
    try {
      await handle.writeFile(bytes)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await fs.rename(beside, path)
  } catch (error) {
    await fs.rm(beside, { force: true }).catch(() => {})
    throw inWords(path, error, 'written')
  }
}

/** Whether there is a file at `path`. */
export async function fileExists(path: string): Promise<boolean> {
  const { fs } = await nodeFiles(path)
  return await fs.stat(path).then(
    (found) => found.isFile(),
    () => false,
  )
}

async function nodeFiles(path: string): Promise<{
  readonly fs: typeof import('node:fs/promises')
  readonly dirname: (path: string) => string
}> {
  const inNode = typeof process !== 'undefined' && process.versions?.node !== undefined
  if (!inNode) {
    throw new WinnowError(
      `path: '${path}' came, but there are no files in a browser; pass the bytes instead (fetch, or a file input)`,
    )
  }
  const [fs, { dirname }] = await Promise.all([import('node:fs/promises'), import('node:path')])
  return { fs, dirname }
}

const causes: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EISDIR: 'it is a folder, expected a file',
  ENOTDIR: 'a part of the path is a file, expected a folder',
  EEXIST: 'a part of the path is a file, expected a folder',
  ENOSPC: 'the disk is full',
  EROFS: 'the disk is read-only',
  ERR_FS_FILE_TOO_LARGE: 'it is larger than 2 GiB',
}

function inWords(path: string, error: unknown, verb: 'read' | 'written'): WinnowError {
  const { code = '', message } = error as { code?: string; message: string }
  return new WinnowError(`${path}: cannot be ${verb}: ${causes[code] ?? message}`, { cause: error })
}
