/**
 * What gzip needs (Deutsch, 1996): texts one after another, each ended by a zero byte, at the platform's level (6).
 */
import { bytesOf } from '../bits-per-byte.ts'

/** Bits per byte of gzip, counted as {@link bitsPerByte} counts. */
export async function gzipBitsPerByte(texts: string | readonly string[]): Promise<number> {
  const all = typeof texts === 'string' ? [texts] : texts
  const joined = new Blob(all.map((text) => `${text}\0`))
  const packed = new Response(joined.stream().pipeThrough(new CompressionStream('gzip')))
  return (8 * (await packed.arrayBuffer()).byteLength) / bytesOf(all)
}
