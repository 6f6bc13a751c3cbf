/**
 * Fuzzing of file readers: files that are truncated, bit-flipped, random, spliced, or that declare huge sizes must be
 * read or refused in words, at once, and without memory beyond a small factor of their size.
 */
import { WinnowError } from '../error.ts'
import { Rng } from '../rng.ts'

/** What {@link fuzzReader} is given. */
export interface FuzzOptions {
  /** Files as they should be, from which hostile ones are made. */
  readonly files: readonly Uint8Array[]
  /** Reads one; whatever it throws other than a WinnowError is a mistake. */
  readonly read: (bytes: Uint8Array) => unknown
  readonly cases: number
  /** Bytes in use outside the heap, where array buffers lie: of Node, `getHeapStatistics().external_memory`. */
  readonly memory: () => number
  /** Case `i` of a seed is always the same; 0 by default. */
  readonly seed?: number
  /** Bytes outside the heap that a file of so many bytes may take; 16 times as many and 64 KiB by default. */
  readonly allowed?: (bytes: number) => number
}

/** How the cases ended. */
export interface FuzzResult {
  readonly read: number
  readonly refused: number
}

/** So long may one case take, in milliseconds: it is a hang that is looked for, not a delay. */
const PATIENCE = 10_000

/**
 * Gives a reader hostile files.
 *
 * @throws Error at the first case that ends otherwise than in words, takes too long or too much memory; it holds the file
 */
export async function fuzzReader(options: FuzzOptions): Promise<FuzzResult> {
  const { files, read, cases, memory, seed = 0, allowed = (bytes) => 16 * bytes + 65_536 } = options
  const rng = new Rng(seed)
  let refused = 0
  for (let index = 0; index < cases; index++) {
    const bytes = hostileFile(files, rng.fold(index))
    // The reader may keep or change what it is given.
    const given = new Uint8Array(bytes)
    const before = memory()
    const start = performance.now()
    const fail = (what: string, cause?: unknown) =>
      new Error(
        `case ${index} of seed ${seed} (${bytes.length} bytes) ${what}; ` +
          `base64 ${btoa(text(bytes.subarray(0, 4096)))}`,
        { cause },
      )
    try {
      const result = read(given)
      if (result instanceof Promise) await result
    } catch (error) {
      if (!(error instanceof WinnowError)) throw fail(`threw ${error}`, error)
      refused++
    }
    const milliseconds = performance.now() - start
    const taken = memory() - before
    if (milliseconds > PATIENCE) throw fail(`took ${milliseconds} ms`)
    if (taken > allowed(bytes.length)) throw fail(`took ${taken} bytes of memory`)
  }
  return { read: cases - refused, refused }
}

/** One hostile file, by one or two of the ways of spoiling one. */
export function hostileFile(files: readonly Uint8Array[], rng: Rng): Uint8Array {
  const below = (bound: number): number => Math.floor(rng.number() * bound)
  const original = files[below(files.length)] as Uint8Array
  const spoiled = spoil(original, files, below)
  return below(3) === 0 ? spoil(spoiled, files, below) : spoiled
}

function spoil(
  original: Uint8Array,
  files: readonly Uint8Array[],
  below: (bound: number) => number,
): Uint8Array {
  // Not by `slice`: a Buffer of Node shares what it slices.
  const bytes = new Uint8Array(original)
  const { length } = bytes
  const place = below(length + 1)
  switch (below(8)) {
    case 0: // truncated
      return bytes.subarray(0, place)
    case 1: // bit-flipped
      for (let i = 0; i <= below(8) && length > 0; i++) {
        const at = below(length)
        bytes[at] = (bytes[at] as number) ^ (1 << below(8))
      }
      return bytes
    case 2: // random throughout
      return Uint8Array.from({ length: below(200) }, () => below(256))
    case 3: {
      // random from some place on, for a few bytes
      const end = Math.min(length, place + below(32))
      for (let i = place; i < end; i++) bytes[i] = below(256)
      return bytes
    }
    case 4: {
      // a huge size in binary, in either order, where a size may be: mostly near the beginning
      const at = Math.max(0, (below(2) === 0 ? below(32) : place) - below(4))
      const width = 2 ** below(4)
      for (let i = at; i < Math.min(length, at + width); i++) {
        bytes[i] = below(4) === 0 ? 0x7f : 0xff
      }
      return bytes
    }
    case 5: {
      // a huge or odd number in text, in place of one
      const numbers = ['99999999999', '-1', '1e308', '4294967296', '9007199254740993', '0', '1e999']
      const whole = text(bytes)
      const found = [...whole.slice(0, 2000).matchAll(/\d+/g)]
      const chosen = found[below(found.length)]
      if (chosen === undefined) return bytes
      const after = chosen.index + chosen[0].length
      const number = numbers[below(numbers.length)] as string
      const changed = whole.slice(0, chosen.index) + number + whole.slice(after)
      return Uint8Array.from(changed, (letter) => letter.charCodeAt(0))
    }
    case 6: // spliced with another
      return joined(
        bytes.subarray(0, place),
        (files[below(files.length)] as Uint8Array).subarray(below(64)),
      )
    default: {
      // a piece of it doubled, or left out
      const from = below(length + 1)
      return joined(bytes.subarray(0, place), bytes.subarray(from))
    }
  }
}

/** One letter a byte. */
function text(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const out = new Uint8Array(a.length + b.length)
  out.set(a)
  out.set(b, a.length)
  return out
}
