/**
 * The files of a sparse autoencoder in somebody's layout: a folder, or their bytes by name where there are no folders.
 */
import { check, readFileBytes, WinnowError, writeFileAtomic } from '@winnow/core'

/** Bytes by file name. */
export type SaeFiles = Readonly<Record<string, Uint8Array>>

/** A folder's path (Node only), or the files themselves. */
export type SaePlace = string | SaeFiles

/** What errors call a file. */
export function nameIn(place: SaePlace, file: string): string {
  return typeof place === 'string' ? `${place}/${file}` : file
}

/** The bytes of the first of `names` that is there. @throws WinnowError when none is */
export async function readOneOf(
  place: SaePlace,
  names: readonly string[],
): Promise<{ readonly file: string; readonly bytes: Uint8Array }> {
  for (const name of names) {
    const bytes = await readIfThere(place, name)
    if (bytes !== undefined) return { file: nameIn(place, name), bytes }
  }
  throw new WinnowError(
    `${nameIn(place, names[0] as string)}: there is no such file${names.length > 1 ? `, nor ${names.slice(1).join(', ')}` : ''}`,
  )
}

/** The bytes of a file, or undefined where it is not there. */
export async function readIfThere(place: SaePlace, name: string): Promise<Uint8Array | undefined> {
  if (typeof place !== 'string') return place[name]
  try {
    return await readFileBytes(`${place}/${name}`)
  } catch (error) {
    if ((error as { cause?: { code?: string } }).cause?.code === 'ENOENT') return undefined
    throw error
  }
}

/** The object in a JSON file. @throws WinnowError when it is none */
export function parseConfig(bytes: Uint8Array, file: string): Readonly<Record<string, unknown>> {
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (error) {
    throw new WinnowError(`${file}: not JSON, or cut off`, { cause: error })
  }
  check(isRecord(value), () => `${file}: holds no JSON object`)
  return value
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A JSON file's bytes. */
export function configBytes(config: unknown): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(config, null, 2)}\n`)
}

/** The files, written to the folder if one is given. */
export async function written(files: SaeFiles, folder: string | undefined): Promise<SaeFiles> {
  if (folder === undefined) return files
  for (const [name, bytes] of Object.entries(files)) {
    await writeFileAtomic(`${folder}/${name}`, bytes)
  }
  return files
}
