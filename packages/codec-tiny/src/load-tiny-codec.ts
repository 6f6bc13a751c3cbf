/**
 * The codec that this package brings: its weights and its card, read in Node and in a browser.
 */
import { type LatentCodec, restoreCodec } from '@winnow/compression'
import { readFileBytes, WinnowError } from '@winnow/core'
import type { TinyCodecCard } from './card.ts'

/** Options of {@link loadTinyCodec} and {@link loadTinyCodecCard}. */
export interface LoadOptions {
  /** The folder with the files of `weights`, where they are served from elsewhere: ends with `/`. */
  readonly from?: URL
}

/**
 * Reads the codec: after `useBackend`, for its tensors are made there. Whoever calls disposes it.
 *
 * @throws WinnowError when the file is not there, or broken
 */
export async function loadTinyCodec({ from }: LoadOptions = {}): Promise<LatentCodec> {
  // Written out for bundlers: this is how they see that the file is needed.
  const url =
    from === undefined
      ? new URL('../weights/model.safetensors', import.meta.url)
      : new URL('model.safetensors', from)
  return await restoreCodec(await read(url), { name: url.href })
}

/**
 * Reads what is told of the codec: data, command, minutes, figures.
 *
 * @throws WinnowError when the file is not there, or broken
 */
export async function loadTinyCodecCard({ from }: LoadOptions = {}): Promise<TinyCodecCard> {
  const url =
    from === undefined
      ? new URL('../weights/card.json', import.meta.url)
      : new URL('card.json', from)
  const bytes = await read(url)
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as TinyCodecCard
  } catch (cause) {
    throw new WinnowError(`${url.href}: not JSON`, { cause })
  }
}

async function read(url: URL): Promise<Uint8Array> {
  // Node's fetch reads no files.
  if (url.protocol === 'file:') {
    const { fileURLToPath } = await import('node:url')
    return await readFileBytes(fileURLToPath(url))
  }
  const response = await fetch(url).catch((cause: unknown) => {
    throw new WinnowError(`${url.href}: cannot be fetched`, { cause })
  })
  if (!response.ok) throw new WinnowError(`${url.href}: ${response.status} came, expected a file`)
  return new Uint8Array(await response.arrayBuffer())
}
