/**
 * The help of LibreOffice (MPL-2.0), from the Debian package libreoffice-help-en-us, as a search: an entry of its index asks,
 * and the page that it leads to answers.
 */
import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { check } from '@winnow/core'
import { fetchDebianPackage } from '../debian.ts'
import type { AnsweringDocument } from './retrieval-set.ts'
import { readText } from './text-files.ts'

const PACKAGE = 'libreoffice-help-en-us'
const FOLDER = 'usr/share/libreoffice/help/en-US'

/** Every page with words on it. */
export async function loadLibreOfficeHelp(
  options: { readonly cache?: string; readonly folder?: string } = {},
): Promise<readonly AnsweringDocument[]> {
  const installed = `/${FOLDER}`
  const {
    folder = existsSync(installed)
      ? installed
      : join(await fetchDebianPackage(PACKAGE, options), FOLDER),
  } = options
  const entries = indexEntries(await readText(join(folder, 'bookmarks.js')))
  const pages = (await readdir(join(folder, 'text'), { recursive: true }))
    .filter((name) => name.endsWith('.html'))
    .sort()
  check(pages.length > 0, () => `${folder}: no pages of help there`)
  const documents: AnsweringDocument[] = []
  for (const name of pages) {
    const text = pageText(await readText(join(folder, 'text', name)))
    const path = `text/${name.replaceAll('\\', '/')}`
    // Pages that are the same but for their place come into one part.
    if (text !== '') documents.push({ text, queries: entries.get(path) ?? [], group: text })
  }
  check(
    documents.some(({ queries }) => queries.length > 0),
    () => `${folder}: no entry of bookmarks.js leads to a page there`,
  )
  return documents
}

/** Index entries by the page they lead to: `{url:"en-US/text/...html?...", app:"...", text:"..."}`. */
export function indexEntries(script: string): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>()
  for (const [, url, text] of script.matchAll(
    /\{url:"([^"?#]+)[^"]*",\s*app:"[^"]*",\s*text:"([^"]*)"/g,
  )) {
    const at = (url as string).indexOf('text/')
    const query = decoded(text as string)
      .replaceAll('--', ' ')
      .replace(/\s+/g, ' ')
      .trim()
    if (at === -1 || query === '') continue
    const page = (url as string).slice(at)
    const known = found.get(page)
    if (known === undefined) found.set(page, [query])
    else if (!known.includes(query)) known.push(query)
  }
  return found
}

/** What is written on a page, without scripts and tags: index words stand in attributes, and would tell. */
export function pageText(html: string): string {
  const body = /<body[^>]*>([\s\S]*)<\/body>/i.exec(html)?.[1] ?? html
  return decoded(
    body
      .replaceAll(/<(script|style|nav|header|footer)\b[\s\S]*?<\/\1>/gi, ' ')
      .replaceAll(/<[^>]*>/g, ' '),
  )
    .replace(/\s+/g, ' ')
    .trim()
}

const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
}

function decoded(text: string): string {
  return text.replaceAll(/&(#x?[\da-f]+|\w+);/gi, (whole, name: string) => {
    if (!name.startsWith('#')) return ENTITIES[name.toLowerCase()] ?? whole
    const hexadecimal = name[1]?.toLowerCase() === 'x'
    const code = Number.parseInt(name.slice(hexadecimal ? 2 : 1), hexadecimal ? 16 : 10)
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole
  })
}
