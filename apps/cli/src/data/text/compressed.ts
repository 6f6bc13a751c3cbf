/**
 * Unpacks what Unix compress packs: codes of growing width for strings that came before (Welch, 1984).
 */
import { check } from '@winnow/core'

const FIRST_BITS = 9
const MOST_BITS = 16
/** The code that empties the table. */
const CLEAR = 256

/**
 * The bytes that were packed.
 *
 * @param packed the codes, without the three bytes of the file's header
 * @param name what errors call the data
 * @throws WinnowError for a code that stands for nothing
 */
export function uncompress(packed: Uint8Array, name: string): Uint8Array {
  const out: number[] = []
  // Entry i from 257 on is entry `before[i]` and one byte more.
  const before = new Uint16Array(2 ** MOST_BITS)
  const last = new Uint8Array(2 ** MOST_BITS)
  for (let byte = 0; byte < 256; byte++) last[byte] = byte
  let entries = CLEAR + 1
  let bits = FIRST_BITS
  let previous: number | undefined
  let first = 0
  /** The byte after the codes of this width: they come in groups of eight, and the rest of a group is left out. */
  let groupStart = 0
  let bitAt = 0
  const regroup = (): void => {
    const group = bits * 8
    bitAt = groupStart + Math.ceil((bitAt - groupStart) / group) * group
    groupStart = bitAt
  }
  while (bitAt + bits <= packed.length * 8) {
    const code = codeAt(packed, bitAt, bits)
    bitAt += bits
    if (code === CLEAR) {
      regroup()
      bits = FIRST_BITS
      entries = CLEAR + 1
      previous = undefined
      continue
    }
    check(
      code < entries || (code === entries && previous !== undefined),
      () => `${name}: the code ${code} came at bit ${bitAt}, expected at most ${entries}`,
    )
    // A code that is just being made is the previous string and its own first byte.
    const string: number[] = code === entries ? [first] : []
    let at = code === entries ? (previous as number) : code
    for (; at > 255; at = before[at] as number) string.push(last[at] as number)
    string.push(at)
    first = at
    for (let i = string.length - 1; i >= 0; i--) out.push(string[i] as number)
    if (previous !== undefined && entries < 2 ** MOST_BITS) {
      before[entries] = previous
      last[entries] = first
      entries++
    }
    previous = code
    if (entries === 2 ** bits && bits < MOST_BITS) {
      regroup()
      bits++
    }
  }
  return Uint8Array.from(out)
}

function codeAt(packed: Uint8Array, bitAt: number, bits: number): number {
  const byte = bitAt >> 3
  const three =
    (packed[byte] ?? 0) | ((packed[byte + 1] ?? 0) << 8) | ((packed[byte + 2] ?? 0) << 16)
  return (three >> (bitAt & 7)) & (2 ** bits - 1)
}
