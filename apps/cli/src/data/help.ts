/**
 * Data names for help texts.
 */
import { dataNames } from './load-data.ts'

/** `mnist, fashion-mnist, or the path of ...`. */
export function dataHelp(): string {
  const names = dataNames().map(({ name }) => name)
  return `${names.join(', ')}, a folder of images, or an IDX, NPY or CSV file`
}
