/**
 * Sampling without replacement, in proportion to weights: the Gumbel top-k trick (Kool, van Hoof and Welling 2019).
 *
 * The `count` largest of log w_i + g_i, with g_i = -log(-log u_i), are distributed as draws one after another, each in
 * proportion to the weights of what is left.
 */
import { add, greater, log, maximum, Tensor, tidy, topk, where } from '@tensorflow/tfjs-core'
import { check, type Rng, withoutGradient } from '@winnow/core'

/**
 * Draws `count` different places in proportion to `weights` >= 0, in the order of the draws. Inside a compiled function
 * they are drawn anew at each call. No gradient flows back.
 *
 * @param weights a tensor `[..., places]`, or numbers; they need not sum to one
 * @returns int32 `[..., count]` for a tensor, else an array. Of a tensor, places of weight zero are taken only when there
 *   are no others left.
 * @throws WinnowError when there are fewer than `count` places, and for numbers when one is negative or not finite, or
 *   when fewer than `count` are above zero
 */
export function sampleWithoutReplacement(weights: Tensor, count: number, rng: Rng): Tensor
export function sampleWithoutReplacement(
  weights: ArrayLike<number>,
  count: number,
  rng: Rng,
): Int32Array
export function sampleWithoutReplacement(
  weights: Tensor | ArrayLike<number>,
  count: number,
  rng: Rng,
): Tensor | Int32Array {
  return weights instanceof Tensor
    ? sampleTensor(weights, count, rng)
    : sampleArray(weights, count, rng)
}

/** The smallest normal float32 is 1.2e-38; below it, backends differ. */
const TINY = 1e-37

/** Below the score of every place with a weight. */
const NEVER = -1e9

function sampleTensor(weights: Tensor, count: number, rng: Rng): Tensor {
  checkCount(count, weights.shape[weights.rank - 1] ?? 0)
  const draw = (): Tensor => {
    const noise = rng.generate(weights.shape, 'float32', (generator) =>
      Float32Array.from(gumbel(weights.size, generator)),
    )
    const score = add(log(maximum(weights, TINY)), noise)
    return topk(where(greater(weights, 0), score, NEVER), count).indices
  }
  return withoutGradient(() => tidy(draw))
}

function sampleArray(weights: ArrayLike<number>, count: number, rng: Rng): Int32Array {
  const places: number[] = []
  for (let place = 0; place < weights.length; place++) {
    const weight = weights[place] as number
    check(
      weight >= 0 && weight < Number.POSITIVE_INFINITY,
      () =>
        `sampleWithoutReplacement: weights: ${weight} came at place ${place}, expected a finite number >= 0`,
    )
    if (weight > 0) places.push(place)
  }
  checkCount(count, places.length)
  const noise = gumbel(weights.length, rng)
  const score = (place: number): number =>
    Math.log(weights[place] as number) + (noise[place] as number)
  places.sort((a, b) => score(b) - score(a))
  return Int32Array.from(places.slice(0, count))
}

/** Standard Gumbel numbers. */
function gumbel(length: number, rng: Rng): Float64Array {
  const coarse = rng.uniformValues(length)
  const fine = rng.uniformValues(length)
  // 48 bits, and never 0 or 1.
  return Float64Array.from(coarse, (unit, i) => {
    const exact = unit + ((fine[i] as number) + 2 ** -25) * 2 ** -24
    return -Math.log(-Math.log(exact))
  })
}

function checkCount(count: number, places: number): void {
  check(
    Number.isInteger(count) && count >= 1 && count <= places,
    () =>
      `sampleWithoutReplacement: count: ${count} came, expected a whole number from 1 to the ${places} places with a weight`,
  )
}
