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
 * Bytes `begin` up to `end` of the file at `path`, or as many as there are.
 * @throws WinnowError when there is no such file, it cannot be read, or this is not Node
 */
export async function readFilePart(
  path: string,
  begin: number,
  end: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const { fs } = await nodeFiles(path)
  try {
    const handle = await fs.open(path)
    try {
      const length = Math.max(0, Math.min(end, (await handle.stat()).size) - begin)
      const bytes = new Uint8Array(length)
      let filled = 0
      while (filled < length) {
        const { bytesRead } = await handle.read(bytes, filled, length - filled, begin + filled)
        if (bytesRead === 0) break
        filled += bytesRead
      }
      return bytes.subarray(0, filled)
    } finally {
      await handle.close()
    }
  } catch (error) {
    throw inWords(path, error, 'read')
  }
}

/** Files that this process is writing now; any other one of its parts was left by a process of the same number. */
const underWay = new Set<string>()

/**
 * Puts `bytes` in the file at `path`, making its folders: written whole beside it and renamed, so that a reader (or a
 * crash) finds the old file or the new one, never a part. Parts that killed processes left of the same path are removed.
 * @throws WinnowError when it cannot be written, or this is not Node
 */
export async function writeFileAtomic(path: string, bytes: Uint8Array): Promise<void> {
  const { fs, basename, dirname } = await nodeFiles(path)
  const beside = `${path}.${process.pid}-${globalThis.crypto.randomUUID()}.part`
  underWay.add(beside)
  try {
    await fs.mkdir(dirname(path), { recursive: true })
    // First, since they may be what fills the disk.
    for (const part of abandonedParts(await fs.readdir(dirname(path)), basename(path))) {
      const left = `${path}${part}`
      if (!underWay.has(left)) await fs.rm(left, { force: true })
    }
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
  } finally {
    underWay.delete(beside)
  }
}

/** What follows `name` in the names of its parts whose process has ended, or has the number of this one. */
function abandonedParts(names: readonly string[], name: string): readonly string[] {
  return names
    .filter((found) => found.startsWith(name))
    .map((found) => found.slice(name.length))
    .filter((rest) => {
      const owner = /^\.(\d+)-[0-9a-f-]{36}\.part$/.exec(rest)?.[1]
      return owner !== undefined && (Number(owner) === process.pid || !isRunning(Number(owner)))
    })
}

function isRunning(id: number): boolean {
  try {
    return process.kill(id, 0)
  } catch (error) {
    // A process of another user's.
    return (error as { code?: string }).code === 'EPERM'
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
  readonly basename: (path: string) => string
  readonly dirname: (path: string) => string
}> {
  const inNode = typeof process !== 'undefined' && process.versions?.node !== undefined
  if (!inNode) {
    throw new WinnowError(
      `path: '${path}' came, but there are no files in a browser; pass the bytes instead (fetch, or a file input)`,
    )
  }
  const [fs, { basename, dirname }] = await Promise.all([
    import('node:fs/promises'),
    import('node:path'),
  ])
  return { fs, basename, dirname }
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
