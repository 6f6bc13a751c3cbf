/**
 * Which files a command means: one, or all of a folder and the folders in it.
 */
import { readdir, stat } from 'node:fs/promises'
import { basename, extname, join, relative } from 'node:path'
import { check } from '@winnow/core'

/** A file, and its path inside the folder that was named. */
export interface FoundFile {
  readonly path: string
  readonly inside: string
}

/**
 * @param endings with their dots, in lower case; a single file may have any
 * @throws WinnowError for what is not there, and folders without such files
 */
export async function findFiles(path: string, endings: ReadonlySet<string>): Promise<FoundFile[]> {
  const found = await stat(path).catch(() => undefined)
  check(found !== undefined, () => `${path}: no such file or folder`)
  if (!found.isDirectory()) return [{ path, inside: basename(path) }]
  const entries = await readdir(path, { recursive: true, withFileTypes: true })
  const files = entries
    .filter((entry) => entry.isFile() && endings.has(extname(entry.name).toLowerCase()))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
  check(files.length > 0, () => `${path}: no ${[...endings].join(', ')} files there`)
  return files.map((file) => ({ path: file, inside: relative(path, file) }))
}

/** A path with another ending. */
export function withEnding(path: string, ending: string): string {
  return path.slice(0, path.length - extname(path).length) + ending
}
