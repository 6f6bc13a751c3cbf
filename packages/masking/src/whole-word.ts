/**
 * Whole-word masking: all pieces of a word are hidden together (Devlin et al. 2019, the whole-word models of BERT).
 *
 * Words are visited in random order, and each is hidden that still fits in what is to be hidden. When none fits any more,
 * the first word that did not gives as many of its leading tokens as are missing: the count is exact, and at most one
 * word of an example is cut. Padding is hidden in its share, so that `ratio` of an example's own tokens are hidden
 * however long it is; where there is too little padding for that, more of the words are.
 */
import { Tensor, type TypedArray } from '@tensorflow/tfjs-core'
import { check, hostCall, Rng } from '@winnow/core'
import { checkBatch, drawMask, type Mask, type MaskCount, maskIndices, maskOf } from './mask.ts'
import {
  checkFields,
  checkRatio,
  countOf,
  type DrawOptions,
  type MaskSpec,
  type MaskStrategy,
  type RatioOptions,
  tokensOf,
} from './strategy.ts'

/** {@link wholeWordMask} as plain JSON. */
export interface WholeWordMaskSpec extends MaskSpec, RatioOptions {
  readonly kind: 'wholeWord'
}

const PADDING = -2

/**
 * Hides whole words of sequences `[tokens]`. A draw needs `words`, as rows of numbers or as a tensor; a tensor's values
 * are read by {@link hostCall}, so that it may be an input of a compiled function.
 *
 * @throws WinnowError on a ratio outside [0, 1); from `draw` when `words` is missing or of another shape, and when an
 *   example has so many separators that the rest is not enough
 */
export function wholeWordMask(options: RatioOptions | WholeWordMaskSpec): MaskStrategy {
  const spec: WholeWordMaskSpec = { ...options, kind: 'wholeWord' }
  checkFields(spec, ['ratio'])
  const { ratio } = spec
  checkRatio('wholeWord', ratio)
  const count: MaskStrategy['count'] = (grid) =>
    countOf('wholeWord', tokensOf('wholeWord', grid, [1]), ratio)
  return {
    spec,
    toJSON: () => spec,
    count,
    draw: (grid, batch, rng, { words } = {}) => {
      const counts = count(grid)
      checkWords(words, batch, counts)
      if (words instanceof Tensor) return drawFromTensor(words, counts, ratio, batch, rng)
      return drawMask(counts, batch, rng, (generator, example) =>
        hideWords(words[example] as ArrayLike<number>, counts.hidden, ratio, generator, example),
      )
    },
  }
}

/** The same draw as on the host: the generator's key is fed to the host call, which has the words. */
function drawFromTensor(
  words: Tensor,
  counts: MaskCount,
  ratio: number,
  batch: number,
  rng: Rng,
): Mask {
  checkBatch(batch)
  const tokens = counts.kept + counts.hidden
  const draw = (values: readonly TypedArray[]): Int32Array => {
    const [ids, halves] = values as [TypedArray, TypedArray]
    const generator = new Rng({ key: joined(halves), blocks: 0, children: 0 })
    const row = (example: number): ArrayLike<number> =>
      ids.subarray(example * tokens, (example + 1) * tokens)
    return maskIndices(counts, batch, (example) =>
      hideWords(row(example), counts.hidden, ratio, generator.fold(example), example),
    )
  }
  return maskOf(() => {
    // In halves of 16 bits, which every backend keeps exactly.
    const key = rng.generate([4], 'int32', ({ state }) =>
      Int32Array.from(state.key.flatMap((word) => [word >>> 16, word & 0xffff])),
    )
    const shapes = [[2, batch, tokens]]
    return hostCall((...values) => [draw(values)], [words, key], {
      shapes,
      dtypes: ['int32'],
    })[0] as Tensor
  }, counts)
}

function joined(halves: ArrayLike<number>): [number, number] {
  const word = (at: number): number =>
    (((halves[at] as number) << 16) | (halves[at + 1] as number)) >>> 0
  return [word(0), word(2)]
}

/** Options of {@link wholeWordFlags}. */
export interface WholeWordOptions extends RatioOptions {
  /** How many places are hidden in all, padding among them. */
  readonly hidden: number
  /** What messages call the words; `words` by default. */
  readonly name?: string
}

/**
 * What {@link wholeWordMask} draws for one example, on the host: a function that gives flags, 1 for a hidden token, anew at
 * each call. For what must be in a batch before it becomes tensors.
 *
 * @param words the word of each token, -1 for separators, -2 for padding
 * @throws WinnowError when there are not as many places to hide
 */
export function wholeWordFlags(
  words: ArrayLike<number>,
  options: WholeWordOptions,
): (rng: Rng) => Uint8Array {
  const { ratio, hidden, name = 'words' } = options
  const places = new Map<number, number[]>()
  const padding: number[] = []
  let own = 0
  for (let token = 0; token < words.length; token++) {
    const word = words[token] as number
    if (word === PADDING) padding.push(token)
    if (word < 0) continue
    own++
    const pieces = places.get(word)
    if (pieces === undefined) places.set(word, [token])
    else pieces.push(token)
  }
  check(
    own + padding.length >= hidden,
    () =>
      `wholeWord: ${name} has ${own} tokens of words and ${padding.length} of padding, ` +
      `expected at least the ${hidden} that are to be hidden`,
  )
  const share = own - Math.floor(own * (1 - ratio) + 1e-9)
  const count = Math.max(Math.min(share, hidden), hidden - padding.length)
  const all = [...places.values()]
  return (rng) => {
    const flags = new Uint8Array(words.length)
    let left = count
    for (const token of padding.slice(padding.length - (hidden - left))) flags[token] = 1
    let cut: number[] | undefined
    for (const index of rng.permutation(all.length)) {
      const pieces = all[index] as number[]
      if (pieces.length > left) cut ??= pieces
      else {
        for (const token of pieces) flags[token] = 1
        left -= pieces.length
      }
    }
    for (const token of cut?.slice(0, left) ?? []) flags[token] = 1
    return flags
  }
}

/** Flags for one example of a batch. */
function hideWords(
  words: ArrayLike<number>,
  hidden: number,
  ratio: number,
  rng: Rng,
  example: number,
): Uint8Array {
  return wholeWordFlags(words, { ratio, hidden, name: `words: example ${example}` })(rng)
}

function checkWords(
  words: DrawOptions['words'],
  batch: number,
  { kept, hidden }: MaskCount,
): asserts words is NonNullable<DrawOptions['words']> {
  const tokens = kept + hidden
  const shape =
    words instanceof Tensor
      ? words.shape
      : [words?.length, words?.find((row) => row.length !== tokens)?.length ?? tokens]
  check(
    words !== undefined && shape.length === 2 && shape[0] === batch && shape[1] === tokens,
    () =>
      `wholeWord: words: ${words === undefined ? 'nothing' : `shape [${shape}]`} came, ` +
      `expected the word of each token, [${batch}, ${tokens}]`,
  )
}
