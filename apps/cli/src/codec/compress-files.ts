/**
 * What `winnow compress` and `winnow decompress` do with the files that they are given.
 */
import { mkdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { compressImage, decompressImage, type TileCodec } from '@winnow/compression'
import { check, readFileBytes, WinnowError, writeFileAtomic } from '@winnow/core'
import { INTERRUPTED } from '../interrupt.ts'
import type { Terminal } from '../terminal.ts'
import { PICTURE_ENDINGS, type PictureFormat, readPicture, writePicture } from './picture-file.ts'
import { type FoundFile, findFiles, withEnding } from './picture-files.ts'

/** The ending of compressed pictures. */
const ENDING = '.wnw'

/** What both commands are told. */
export interface FilesSettings {
  /** A file, or for a folder a folder; beside the input by default. */
  readonly out?: string
  /** Writes over files that are there. */
  readonly force?: boolean
  readonly signal: AbortSignal
}

/** Options of {@link compressFiles}. */
export interface CompressSettings extends FilesSettings {
  readonly quality?: number
  readonly tile?: number
}

/** Compresses a picture, or all of a folder; says what became of each. */
export async function compressFiles(
  path: string,
  codec: TileCodec,
  settings: CompressSettings,
  terminal: Terminal,
): Promise<void> {
  const { quality, tile } = settings
  const files = await findFiles(path, PICTURE_ENDINGS)
  await eachFile(files, path, { ending: ENDING, settings, terminal }, async (from, to, say) => {
    const image = await readPicture(from)
    const bytes = await compressImage(codec, image, {
      ...(quality === undefined ? {} : { quality }),
      ...(tile === undefined ? {} : { tile }),
      signal: settings.signal,
      progress: say,
    })
    await writeFileAtomic(to, bytes)
    const { width, height } = image
    const bits = ((8 * bytes.length) / (width * height)).toFixed(3)
    const before = (await stat(from)).size
    return `${width}x${height}, ${size(before)} -> ${size(bytes.length)}, ${bits} bits per pixel`
  })
}

/** Options of {@link decompressFiles}. */
export interface DecompressSettings extends FilesSettings {
  readonly format: PictureFormat
}

/** Brings compressed pictures back. */
export async function decompressFiles(
  path: string,
  codec: TileCodec,
  settings: DecompressSettings,
  terminal: Terminal,
): Promise<void> {
  const ending = settings.format === 'jpeg' ? '.jpg' : `.${settings.format}`
  const files = await findFiles(path, new Set([ENDING]))
  await eachFile(files, path, { ending, settings, terminal }, async (from, to, say) => {
    const image = await decompressImage(await readFileBytes(from), codec, {
      signal: settings.signal,
      progress: say,
    })
    await writePicture(to, image)
    return `${image.width}x${image.height}`
  })
}

interface Work {
  readonly ending: string
  readonly settings: FilesSettings
  readonly terminal: Terminal
}

/** One after the other: a file that fails is named, and the others are done all the same. */
async function eachFile(
  files: readonly FoundFile[],
  path: string,
  { ending, settings, terminal }: Work,
  work: (from: string, to: string, say: (done: number, tiles: number) => void) => Promise<string>,
): Promise<void> {
  const { out, force = false, signal } = settings
  const folder = (await stat(path)).isDirectory()
  const { stderr, stdout } = terminal
  let failed = 0
  for (const [i, { path: from, inside }] of files.entries()) {
    if (signal.aborted) break
    const beside = withEnding(from, ending)
    const to = out === undefined ? beside : folder ? join(out, withEnding(inside, ending)) : out
    const place = files.length === 1 ? '' : `${i + 1}/${files.length} `
    const start = performance.now()
    const say = (done: number, tiles: number): void => {
      if (stderr.isTTY === true && tiles > 1)
        stderr.write(`\r${place}${from}: tile ${done}/${tiles}\u001b[K`)
    }
    try {
      const there = await stat(to).catch(() => undefined)
      check(
        force || there === undefined,
        () => `${to}: it is there already; --force writes over it`,
      )
      await mkdir(dirname(to), { recursive: true })
      const what = await work(from, to, say)
      if (stderr.isTTY === true) stderr.write('\r\u001b[K')
      const seconds = ((performance.now() - start) / 1000).toFixed(1)
      stdout.write(`${place}${to}: ${what}, ${seconds} s\n`)
    } catch (error) {
      if (signal.aborted) break
      if (!(error instanceof WinnowError)) throw error
      failed++
      const message =
        error.message.startsWith(from) || error.message.startsWith(to)
          ? error.message
          : `${from}: ${error.message}`
      if (files.length === 1) throw new WinnowError(message, { cause: error })
      stderr.write(`winnow: ${message}\n`)
    }
  }
  if (signal.aborted) terminal.exitCode = INTERRUPTED
  check(failed === 0, () => `${failed} of ${files.length} files failed`)
}

/** Bytes in words. */
function size(bytes: number): string {
  return bytes < 10_000 ? `${bytes} bytes` : `${(bytes / 1000).toFixed(1)} kB`
}
