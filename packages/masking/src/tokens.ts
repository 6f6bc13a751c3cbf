/**
 * Dropping hidden tokens and putting them back: `keepTokens` and `restoreTokens`, each the other's transpose.
 *
 * Both gather by the mask's indices, and their gradients gather by the inverse ones: nothing is scattered or summed, so
 * they are exact, fast and differentiable to any order on every backend.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import {
  broadcastTo,
  concat,
  customGrad,
  gather,
  reshape,
  slice,
  tidy,
  zeros,
} from '@tensorflow/tfjs-core'
import { check } from '@winnow/core'
import type { Mask } from './mask.ts'

type SavingFunction = (
  x: Tensor,
  save: (tensors: Tensor[]) => void,
) => {
  value: Tensor
  gradFunc: (dy: Tensor, saved: Tensor[]) => Tensor
}

/**
 * The kept tokens of each example, in their own order.
 *
 * @param x `[batch, tokens, ...]`
 * @returns `[batch, kept, ...]`
 * @throws WinnowError when `x` is not of the mask's batch and tokens
 */
export function keepTokens(x: Tensor, mask: Mask): Tensor {
  checkTokens('keepTokens: x', x, mask, mask.tokens)
  return part(x, mask, 0, mask.kept)
}

/**
 * The hidden tokens of each example, in their own order: what a loss on hidden tokens looks at.
 *
 * @param x `[batch, tokens, ...]`
 * @returns `[batch, hidden, ...]`
 * @throws WinnowError when `x` is not of the mask's batch and tokens
 */
export function hiddenTokens(x: Tensor, mask: Mask): Tensor {
  checkTokens('hiddenTokens: x', x, mask, mask.tokens)
  return part(x, mask, mask.kept, mask.tokens)
}

/**
 * All tokens in their places again: those that were kept, and `fill` where one was hidden.
 *
 * @param kept `[batch, kept, ...features]`
 * @param fill `features` (one learned mask token for all), or `[batch, hidden, ...features]`
 * @returns `[batch, tokens, ...features]`
 * @throws WinnowError when a shape is another
 */
export function restoreTokens(kept: Tensor, fill: Tensor, mask: Mask): Tensor {
  checkTokens('restoreTokens: kept', kept, mask, mask.kept)
  const [batch, , ...features] = kept.shape as [number, number, ...number[]]
  const whole = [batch, mask.hidden, ...features]
  const one = fill.shape.join() === features.join()
  check(
    one || fill.shape.join() === whole.join(),
    () =>
      `restoreTokens: fill: a tensor of shape [${fill.shape}] came, expected [${features}] or [${whole}]`,
  )
  if (mask.hidden === 0) return reorder(kept, mask.restore, mask.order)
  return tidy(() => {
    const hidden = one ? broadcastTo(reshape(fill, [1, 1, ...features]), whole) : fill
    return reorder(concat([kept, hidden], 1), mask.restore, mask.order)
  })
}

/** Token `indices[b, i]` of example b at place i; `inverse` leads back. */
function reorder(x: Tensor, indices: Tensor, inverse: Tensor): Tensor {
  return saving((x, save) => {
    save([indices, inverse])
    return {
      value: gather(x, indices, 1, 1),
      gradFunc: (dy, [there, back]) => reorder(dy, back as Tensor, there as Tensor),
    }
  })(x)
}

/** Tokens `from` up to `end` in the mask's order. */
function part(x: Tensor, mask: Mask, from: number, end: number): Tensor {
  const [batch, tokens, ...features] = x.shape as [number, number, ...number[]]
  return saving((x, save) => {
    save([mask.order, mask.restore])
    return {
      value: gather(x, slice(mask.order, [0, from], [batch, end - from]), 1, 1),
      gradFunc: (dy, [there, back]) => {
        const none = (count: number): Tensor[] =>
          count === 0 ? [] : [zeros([batch, count, ...features])]
        const all = [...none(from), dy, ...none(tokens - end)]
        return reorder(all.length === 1 ? dy : concat(all, 1), back as Tensor, there as Tensor)
      },
    }
  })(x)
}

function saving(fn: SavingFunction): (x: Tensor) => Tensor {
  // The indices are saved and not closed over: a tidy around the call may end them before the gradient is taken.
  return customGrad(fn as Parameters<typeof customGrad>[0])
}

function checkTokens(argument: string, x: Tensor, mask: Mask, tokens: number): void {
  const batch = mask.order.shape[0] as number
  check(
    x.rank >= 2 && x.shape[0] === batch && x.shape[1] === tokens,
    () =>
      `${argument}: a tensor of shape [${x.shape}] came, expected [${batch}, ${tokens}, ...] for the mask`,
  )
}
