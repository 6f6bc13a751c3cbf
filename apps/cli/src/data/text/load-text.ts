/**
 * Texts by name (sets that come inside packages), or from files.
 */
import { existsSync } from 'node:fs'
import { basename } from 'node:path'
import { nearest, WinnowError } from '@winnow/core'
import { loadKingJames } from './king-james.ts'
import { splitTexts, type TextDocument, type TextParts } from './split-texts.ts'
import { loadStateOfTheUnion } from './state-of-the-union.ts'
import { loadTextFiles } from './text-files.ts'
import { loadWordnet } from './wordnet.ts'

/** Texts in three parts. */
export interface LoadedText extends TextParts {
  readonly name: string
}

type Load = (options: { readonly cache?: string }) => Promise<readonly TextDocument[]>

const namedTexts: ReadonlyMap<string, Load> = new Map<string, Load>([
  ['wordnet', () => loadWordnet()],
  ['sotu', () => loadStateOfTheUnion()],
  ['kjv', (options) => loadKingJames(options)],
])

/** `wordnet, sotu, ...`, for help texts. */
export function textHelp(): string {
  return `${[...namedTexts.keys()].join(', ')}, several with commas between, or a .txt or .md file or a folder of them`
}

/**
 * Loads texts by name or path; each set is cut in parts by itself.
 *
 * @param names one name or path, or several with commas between
 * @param options.cache where fetched data is kept
 * @throws WinnowError for an unknown name, with the nearest known one; and naming a file that is missing or broken
 */
export async function loadText(
  names: string,
  options: { readonly cache?: string } = {},
): Promise<LoadedText> {
  const all: LoadedText[] = []
  for (const name of existsSync(names) ? [names] : names.split(',')) {
    all.push(await loadOne(name.trim(), options))
  }
  return {
    name: all.map(({ name }) => name).join('+'),
    training: all.flatMap(({ training }) => training),
    validation: all.flatMap(({ validation }) => validation),
    test: all.flatMap(({ test }) => test),
  }
}

async function loadOne(name: string, options: { readonly cache?: string }): Promise<LoadedText> {
  const load = namedTexts.get(name.toLowerCase())
  if (load !== undefined) {
    return { name: name.toLowerCase(), ...splitTexts(name, await load(options)) }
  }
  if (!existsSync(name)) throw unknownText(name)
  return { name: basename(name), ...splitTexts(name, await loadTextFiles(name)) }
}

function unknownText(name: string): WinnowError {
  const near = nearest(name, namedTexts.keys())
  const hint = near === undefined ? '' : ` Did you mean '${near}'?`
  return new WinnowError(
    `data: '${name}' is neither known nor a file or folder here.${hint} Expected ${textHelp()}.`,
  )
}
