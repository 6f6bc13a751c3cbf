/**
 * Data inside npm packages that are installed beside this one where somebody wants them.
 */
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { WinnowError } from '@winnow/core'

/**
 * The folder of an installed package.
 * @throws WinnowError that says how to install it
 */
export function packageFolder(data: string, name: string, version: string): string {
  try {
    return dirname(createRequire(import.meta.url).resolve(`${name}/package.json`))
  } catch (cause) {
    throw new WinnowError(
      `data: ${data} comes inside an npm package that is not installed here: npm install ${name}@${version}`,
      { cause },
    )
  }
}
