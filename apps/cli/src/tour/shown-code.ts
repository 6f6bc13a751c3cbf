/**
 * The lines of a chapter's own source that the page shows: those between two marks, with the imports that they use. What is
 * shown is what ran.
 */
import { check, readFileBytes } from '@winnow/core'

const BEGIN = '// Shown on the page:'
const END = '// End of what is shown.'

/** @param name of a file in this folder, without its ending */
export async function shownCode(name: string): Promise<string> {
  // The same path from `src/tour`, where this is written, and from `dist/tour`, where it is built to.
  const url = new URL(`../../src/tour/${name}.ts`, import.meta.url)
  const { fileURLToPath } = await import('node:url')
  const path = fileURLToPath(url)
  return codeBetween(new TextDecoder().decode(await readFileBytes(path)), path)
}

/** @throws WinnowError where the marks are not there */
export function codeBetween(source: string, path: string): string {
  const begin = source.indexOf(BEGIN)
  const end = source.indexOf(END)
  check(begin >= 0 && end > begin, () => `${path}: the marks of what is shown are not there`)
  const shown = source.slice(source.indexOf('\n', begin) + 1, end).trim()
  const imports: string[] = []
  for (const [, names, from] of source.matchAll(/^import \{([^}]*)\} from '(@winnow\/[\w-]+)'/gm)) {
    const used = (names as string)
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '' && !name.startsWith('type '))
      .filter((name) => new RegExp(`\\b${name}\\b`).test(shown))
    if (used.length > 0) imports.push(`import { ${used.join(', ')} } from '${from}'`)
  }
  return `${imports.join('\n')}\n\n${shown}`
}
