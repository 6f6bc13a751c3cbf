/**
 * Words as GPT-2 cuts them (Radford et al., 2019): letters, numbers or other signs, each with the space before it. A merge
 * never crosses their borders.
 */
const word = /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu

/** The words of a text, which joined are the text again. */
export function* wordsOf(text: string): Generator<string> {
  for (const [found] of text.matchAll(word)) yield found
}

/** How often each word occurs in the texts. */
export function countWords(texts: Iterable<string>): Map<string, number> {
  const counts = new Map<string, number>()
  for (const text of texts) {
    for (const found of wordsOf(text)) counts.set(found, (counts.get(found) ?? 0) + 1)
  }
  return counts
}
