/**
 * Bytes as printable characters (GPT-2: Radford et al., 2019), so that a vocabulary of byte strings can be written as
 * text: bytes that print stand for themselves, the 68 others for the characters from U+0100 on.
 */

const printable = (byte: number): boolean =>
  (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae

/** The character that stands for each byte. */
export const byteCharacters: readonly string[] = /* @__PURE__ */ (() => {
  let next = 0x100
  return Array.from({ length: 256 }, (_, byte) =>
    String.fromCodePoint(printable(byte) ? byte : next++),
  )
})()

const bytesOfCharacters: ReadonlyMap<string, number> = /* @__PURE__ */ new Map(
  byteCharacters.map((character, byte) => [character, byte]),
)

/** The bytes that an entry of a byte-level vocabulary stands for; undefined where a character stands for none. */
export function bytesOfEntry(entry: string): Uint8Array | undefined {
  const bytes = Array.from(entry, (character) => bytesOfCharacters.get(character))
  return bytes.includes(undefined) ? undefined : Uint8Array.from(bytes as number[])
}
