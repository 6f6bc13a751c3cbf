/**
 * Data that comes inside Debian packages: downloaded by apt and unpacked into a cache folder, without installing.
 */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { WinnowError } from '@winnow/core'

const run = promisify(execFile)

/** Where fetched data is kept. */
function cacheFolder(): string {
  const { WINNOW_CACHE: own, XDG_CACHE_HOME: user } = process.env
  return own ?? join(user ?? join(homedir(), '.cache'), 'winnow')
}

/**
 * The folder with the files of a Debian package, laid out as from `/`; fetched on first use.
 * @throws WinnowError when this machine has no apt, or apt cannot get it
 */
export async function fetchDebianPackage(
  packageName: string,
  options: { readonly cache?: string } = {},
): Promise<string> {
  const { cache = cacheFolder() } = options
  const folder = join(cache, 'debian', packageName)
  if (existsSync(folder)) return folder
  await mkdir(join(cache, 'debian'), { recursive: true })
  const workFolder = await mkdtemp(join(cache, 'debian', `${packageName}.part-`))
  try {
    await download(packageName, workFolder)
    const file = (await readdir(workFolder)).find((name) => name.endsWith('.deb'))
    if (file === undefined) throw new WinnowError(`${packageName}: apt-get gave no package file`)
    const unpacked = join(workFolder, 'out')
    await run('dpkg-deb', ['-x', join(workFolder, file), unpacked])
    // Another process may have been quicker: its files are the same.
    await rename(unpacked, folder).catch((error: unknown) => {
      if (!existsSync(folder)) throw error
    })
    return folder
  } catch (error) {
    throw inWords(packageName, error)
  } finally {
    await rm(workFolder, { recursive: true, force: true })
  }
}

async function download(packageName: string, folder: string): Promise<void> {
  const get = () => run('apt-get', ['download', packageName], { cwd: folder })
  try {
    await get()
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ENOENT') throw error
    // The lists of packages may be missing or old.
    await run('apt-get', ['update'])
    await get()
  }
}

function inWords(packageName: string, error: unknown): WinnowError {
  if (error instanceof WinnowError) return error
  const { code, stderr, message } = error as { code?: unknown; stderr?: string; message: string }
  if (code === 'ENOENT') {
    return new WinnowError(
      `${packageName}: this data comes inside a Debian package, and this machine has no apt-get and dpkg-deb to fetch it`,
      { cause: error },
    )
  }
  const [reason] = (stderr || message).trim().split('\n').slice(-1)
  return new WinnowError(`${packageName}: apt-get cannot fetch this Debian package: ${reason}`, {
    cause: error,
  })
}
