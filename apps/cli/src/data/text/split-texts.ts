/**
 * Texts in three parts, of which no two share a text: to train on, to watch, and to test.
 */
import { check, Rng } from '@winnow/core'

/** A text, and what it belongs to: texts of one group come into one part. */
export interface TextDocument {
  readonly text: string
  readonly group: string
}

/** The three parts. */
export interface TextParts {
  readonly training: readonly string[]
  readonly validation: readonly string[]
  readonly test: readonly string[]
}

/** The share of characters that is kept back, to watch and to test each. */
const SHARE = 0.05

/** With fewer groups than this each text is cut in three instead. */
const LEAST_GROUPS = 20

/**
 * Cuts in a fixed random choice of groups; where there are few of them, each text at a line's end: its last twentieth is
 * to test, the one before to watch.
 *
 * @throws WinnowError when a part would be empty
 */
export function splitTexts(name: string, documents: readonly TextDocument[]): TextParts {
  const groups = new Map<string, string[]>()
  for (const { text, group } of documents) {
    const known = groups.get(group)
    if (known === undefined) groups.set(group, [text])
    else known.push(text)
  }
  const parts = groups.size < LEAST_GROUPS ? cutEach(documents) : byGroups([...groups.values()])
  for (const [part, texts] of Object.entries(parts)) {
    check(
      texts.some((text: string) => text !== ''),
      () => `${name}: too little text came, so that none is left for ${part}`,
    )
  }
  return parts
}

function byGroups(groups: readonly (readonly string[])[]): TextParts {
  const sizeOf = (texts: readonly string[]): number =>
    texts.reduce((sum, { length }) => sum + length, 0)
  const share = SHARE * groups.reduce((sum, texts) => sum + sizeOf(texts), 0)
  const order = new Rng(0).permutation(groups.length)
  const chosen = new Array<keyof TextParts>(groups.length).fill('training')
  let at = 0
  for (const part of ['test', 'validation'] as const) {
    for (let size = 0; size < share && at < order.length; at++) {
      const group = order[at] as number
      chosen[group] = part
      size += sizeOf(groups[group] as readonly string[])
    }
  }
  const textsOf = (part: keyof TextParts): string[] =>
    groups.flatMap((texts, i) => (chosen[i] === part ? texts : []))
  return {
    training: textsOf('training'),
    validation: textsOf('validation'),
    test: textsOf('test'),
  }
}

function cutEach(documents: readonly TextDocument[]): TextParts {
  const parts = { training: [] as string[], validation: [] as string[], test: [] as string[] }
  for (const { text } of documents) {
    const first = border(text, 1 - 2 * SHARE)
    const second = border(text, 1 - SHARE)
    parts.training.push(text.slice(0, first))
    parts.validation.push(text.slice(first, second))
    parts.test.push(text.slice(second))
  }
  return parts
}

/** The end of the line, or else of the word, in which the share of a text ends. */
function border(text: string, share: number): number {
  const place = Math.floor(text.length * share)
  const line = text.indexOf('\n', place)
  const word = text.indexOf(' ', place)
  const near = line !== -1 && line < (text.length + place) / 2 ? line : word
  return near === -1 ? text.length : near + 1
}
