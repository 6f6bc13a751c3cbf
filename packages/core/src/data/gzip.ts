/**
 * Unpacking gzip with the platform's own decoder, and with a bound: a small file may unpack to terabytes.
 */
import { check, WinnowError } from '../error.ts'

/** Whether `bytes` begin as a gzip file does. */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b
}

/**
 * The content of a gzip file.
 * @param options.name what errors call the file
 * @param options.limit the most bytes to unpack, 1 GiB by default (deflate gives at most 1032 for each byte that came)
 * @throws WinnowError when the file is no gzip, broken, or unpacks to more
 */
export async function gunzip(
  bytes: Uint8Array,
  options: { readonly name?: string; readonly limit?: number } = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const { name = 'gzip file', limit = 2 ** 30 } = options
  check(isGzip(bytes), () => `${name}: not a gzip file`)
  const reader = new Blob([bytes as Uint8Array<ArrayBuffer>])
    .stream()
    .pipeThrough(new DecompressionStream('gzip'))
    .getReader()
  const chunks: Uint8Array[] = []
  let length = 0
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) break
      length += value.length
      if (length > limit) break
      chunks.push(value)
    }
  } catch (error) {
    throw new WinnowError(`${name}: the gzip file is cut off or broken`, { cause: error })
  }
  if (length > limit) {
    await reader.cancel()
    throw new WinnowError(`${name}: unpacks to more than ${limit} bytes`)
  }
  const out = new Uint8Array(length)
  let offset = 0
  for (const chunk of chunks) {
    out.set(chunk, offset)
    offset += chunk.length
  }
  return out
}
