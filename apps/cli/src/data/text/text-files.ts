/**
 * Texts in files of one's own: a `.txt` or `.md`, or all of a folder.
 */
import { readdir, stat } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { check, readFileBytes, WinnowError } from '@winnow/core'
import type { TextDocument } from './split-texts.ts'

const extensions = ['.txt', '.md']

/** A file as text with plain line ends. @throws WinnowError when it cannot be read, or is not UTF-8 */
export async function readText(path: string): Promise<string> {
  const bytes = await readFileBytes(path)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes).replaceAll('\r\n', '\n')
  } catch (cause) {
    throw new WinnowError(`${path}: not text in UTF-8`, { cause })
  }
}

/** The text of a file, or those of all files below a folder, in the order of their paths. */
export async function loadTextFiles(path: string): Promise<readonly TextDocument[]> {
  const isFolder = (await stat(path)).isDirectory()
  const paths = isFolder
    ? (await readdir(path, { recursive: true }))
        .filter((name) => extensions.includes(extname(name).toLowerCase()))
        .map((name) => join(path, name))
        .sort()
    : [path]
  check(paths.length > 0, () => `${path}: no texts there, expected ${extensions.join(', ')} files`)
  const texts = await Promise.all(
    paths.map(async (file) => ({ text: (await readText(file)).trim(), group: file })),
  )
  const written = texts.filter(({ text }) => text !== '')
  check(written.length > 0, () => `${path}: nothing is written there`)
  return written
}
