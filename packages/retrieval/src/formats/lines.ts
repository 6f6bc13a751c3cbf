/**
 * The lines of a file that may be large, broken or not text at all: decoded one by one, so that an error names its line and
 * no string is as long as the file.
 */
import { WinnowError } from '@winnow/core'

/** What a reader takes: text, or a file's bytes. */
export type TextContent = string | Uint8Array

/** A line without its end, and its number from 1. */
export interface Line {
  readonly number: number
  readonly text: string
}

/**
 * The lines that hold more than blanks.
 *
 * @param file what errors call it
 * @throws WinnowError at a line that is not UTF-8
 */
export function* linesOf(content: TextContent, file: string): Generator<Line> {
  let number = 0
  for (const text of typeof content === 'string' ? split(content) : decoded(content, file)) {
    number++
    if (text.trim() !== '') yield { number, text: text.endsWith('\r') ? text.slice(0, -1) : text }
  }
}

function split(text: string): readonly string[] {
  return (text.startsWith('\ufeff') ? text.slice(1) : text).split('\n')
}

function* decoded(bytes: Uint8Array, file: string): Generator<string> {
  // The mark at the beginning is left out; in mid-file it would be text.
  const marked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  let number = 0
  for (let begin = marked ? 3 : 0; begin < bytes.length; ) {
    const found = bytes.indexOf(0x0a, begin)
    const end = found < 0 ? bytes.length : found
    number++
    try {
      yield decoder.decode(bytes.subarray(begin, end))
    } catch (cause) {
      throw new WinnowError(`${file}, line ${number}: not text in UTF-8`, { cause })
    }
    begin = end + 1
  }
}

/** An error at a line of a file, with what stands there (cut where it is long). */
export function lineError(file: string, { number, text }: Line, problem: string): WinnowError {
  const shown = text.length > 60 ? `${text.slice(0, 60)}...` : text
  return new WinnowError(`${file}, line ${number}: ${problem}: '${shown}'`)
}

/** A finite number as JSON or C write it; undefined for anything else. */
export function numberOf(text: string): number | undefined {
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return undefined
  const value = Number(text)
  return Number.isFinite(value) ? value : undefined
}
