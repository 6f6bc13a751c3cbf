/**
 * The ids of a passage's special tokens.
 */
import { check } from '@winnow/core'
import type { Tokenizer } from '@winnow/text'

/** See the top of the file. */
export interface SpecialIds {
  /** Fills passages up. */
  readonly padding: number
  /** The first token, whose vector stands for the passage. */
  readonly class: number
  /** The last token. */
  readonly separator: number
  /** Stands for a hidden token. */
  readonly mask: number
}

/** Those of a tokenizer that was trained with `special: PASSAGE_TOKENS`. */
export const usualSpecialIds: SpecialIds = { padding: 0, class: 1, separator: 2, mask: 3 }

/** @throws WinnowError when the tokenizer lacks one of `[PAD]`, `[CLS]`, `[SEP]`, `[MASK]` */
export function specialIdsOf({ special }: Pick<Tokenizer, 'special'>): SpecialIds {
  const id = (name: string): number => {
    const found = special[name]
    check(
      found !== undefined,
      () =>
        `tokenizer: it has no ${name}, expected one trained with special: PASSAGE_TOKENS; it has ${Object.keys(special).join(', ') || 'no special tokens'}`,
    )
    return found
  }
  return { padding: id('[PAD]'), class: id('[CLS]'), separator: id('[SEP]'), mask: id('[MASK]') }
}
