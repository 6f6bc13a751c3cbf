/**
 * The texts below a folder: .txt, .md, .html and .jsonl files. What cannot be read is left out and told.
 */
import { readdir, stat } from 'node:fs/promises'
import { basename, extname, join, relative, sep } from 'node:path'
import { check, WinnowError } from '@winnow/core'
import { readText } from '../data/text/text-files.ts'
import { htmlText } from './html-text.ts'
import { markdownText } from './markdown-text.ts'

/** A text to be indexed. */
export interface FoundText {
  /** Its path below the folder, and behind `#` its id in a file of many. */
  readonly id: string
  readonly path: string
  /** Empty where it has none. */
  readonly title: string
  readonly text: string
}

/** What is below a folder. */
export interface FoundTexts {
  readonly texts: readonly FoundText[]
  readonly files: number
  /** Why a file was left out. */
  readonly leftOut: readonly string[]
}

type Reader = (content: string, path: string, file: string) => readonly FoundText[]

const readers: Readonly<Record<string, Reader>> = {
  '.txt': (text, path) => [{ id: path, path, title: '', text }],
  '.md': (text, path) => [{ id: path, path, ...markdownText(text) }],
  '.markdown': (text, path) => [{ id: path, path, ...markdownText(text) }],
  '.html': (text, path) => [{ id: path, path, ...htmlText(text) }],
  '.htm': (text, path) => [{ id: path, path, ...htmlText(text) }],
  '.jsonl': jsonTexts,
}

/**
 * All texts of a folder (or of one file), in the order of their paths; hidden folders and `node_modules` are passed over.
 *
 * @throws WinnowError when there is no such folder, nothing is in it, or a line of JSONL is no text
 */
export async function foundTexts(folder: string): Promise<FoundTexts> {
  const isFolder = await stat(folder).then(
    (found) => found.isDirectory(),
    () => undefined,
  )
  check(isFolder !== undefined, () => `${folder}: there is no such file or folder`)
  const files = isFolder ? (await readdir(folder, { recursive: true })).filter(isText).sort() : ['']
  check(
    files.length > 0 && (isFolder || isText(folder)),
    () => `${folder}: no texts there, expected ${Object.keys(readers).join(', ')} files`,
  )
  const texts: FoundText[] = []
  const leftOut: string[] = []
  for (const name of files) {
    const file = join(folder, name)
    const path = name === '' ? basename(folder) : relative(folder, file).split(sep).join('/')
    let content: string
    try {
      content = await readText(file)
    } catch (error) {
      if (!(error instanceof WinnowError)) throw error
      leftOut.push(error.message)
      continue
    }
    const read = readers[extname(file).toLowerCase()] as Reader
    texts.push(...read(content, path, file))
  }
  const written = texts.filter(({ title, text }) => `${title}${text}`.trim() !== '')
  check(
    written.length > 0,
    () => `${folder}: nothing is written there${leftOut.map((line) => `\n${line}`).join('')}`,
  )
  return { texts: written, files: files.length, leftOut }
}

function isText(path: string): boolean {
  const folders = path.split(sep)
  if (folders.some((name) => name === 'node_modules' || /^\.[^.]/.test(name))) return false
  return extname(path).toLowerCase() in readers
}

function jsonTexts(content: string, path: string, file: string): readonly FoundText[] {
  const texts: FoundText[] = []
  const seen = new Set<string>()
  for (const [i, line] of content.split('\n').entries()) {
    if (line.trim() === '') continue
    const fail = (problem: string): WinnowError =>
      new WinnowError(`${file}, line ${i + 1}: ${problem}`)
    let value: Record<string, unknown> | null
    try {
      value = JSON.parse(line)
    } catch {
      throw fail('not JSON')
    }
    const { text, title = '' } = value ?? {}
    if (typeof text !== 'string') throw fail("expected an object with 'text'")
    if (typeof title !== 'string') throw fail("'title' is not a text")
    const id = value?.['_id'] ?? value?.['id'] ?? i + 1
    if (typeof id !== 'string' && typeof id !== 'number') throw fail('the id is not a text')
    if (seen.has(String(id))) throw fail(`the id '${id}' came before`)
    seen.add(String(id))
    texts.push({ id: `${path}#${id}`, path, title, text })
  }
  return texts
}
