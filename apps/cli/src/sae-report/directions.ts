/**
 * What the directions of a dictionary mean by themselves: which others are near, and which tokens' logits they move.
 *
 *     effect = W (gain * (d - mean d)),   minus its mean over tokens
 *
 * This is the direct path past the later blocks; the final norm's division is left out. Its centring is there for a
 * LayerNorm alone.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { div, matMul, mean, mul, norm, slice, sub, tidy } from '@tensorflow/tfjs-core'
import { parameters } from '@winnow/core'
import type { LanguageModel } from '@winnow/lm'
import type { SparseAutoencoder } from '@winnow/sae'
import type { Place } from '../sae/language-model.ts'
import { rounded } from './activity.ts'
import type { ReportFeature } from './data.ts'

/** The part of a feature that comes from weights. */
export type FeatureDirection = Pick<ReportFeature, 'near' | 'up' | 'down'>

const NEIGHBOURS = 8
const TOKENS = 10
/** Latents at a time. */
const AT_A_TIME = 256

/** For each latent. */
export async function featureDirections(
  model: LanguageModel,
  sae: SparseAutoencoder,
  at: Place,
): Promise<FeatureDirection[]> {
  const { latents, inputs } = sae.config
  const found: FeatureDirection[] = []
  const unit = tidy(() => unitRows(sae.decoder.value))
  const read = (x: Tensor): Tensor => throughNorm(model, at, x)
  for (let first = 0; first < latents; first += AT_A_TIME) {
    const rows = Math.min(AT_A_TIME, latents - first)
    const [cosines, effects] = tidy(() => {
      const near = matMul(
        slice(unit, [first, 0], [rows, inputs]),
        unit as Tensor<never>,
        false,
        true,
      )
      const words = model.transformer.embedding.logits(
        read(slice(sae.decoder.value, [first, 0], [rows, inputs])),
      )
      return [near as Tensor, sub(words, mean(words, 1, true)) as Tensor]
    })
    const [near, words] = (await Promise.all([cosines.data(), effects.data()])) as Float32Array[]
    cosines.dispose()
    effects.dispose()
    const width = (words as Float32Array).length / rows
    for (let row = 0; row < rows; row++) {
      const own = (near as Float32Array).subarray(row * latents, (row + 1) * latents)
      own[first + row] = Number.NEGATIVE_INFINITY
      const moved = (words as Float32Array).subarray(row * width, (row + 1) * width)
      found.push({
        near: largest(own, Math.min(NEIGHBOURS, latents - 1)),
        up: largest(moved, TOKENS),
        down: largest(
          moved.map((value) => -value),
          TOKENS,
        ).map(([i, value]) => [i, -value]),
      })
    }
  }
  unit.dispose()
  return found
}

function unitRows(x: Tensor): Tensor {
  return div(x, norm(x, 'euclidean', 1, true))
}

/** What a direction becomes in the final norm, but for its division. */
function throughNorm(model: LanguageModel, at: Place, x: Tensor): Tensor {
  const gain = parameters(model).get('transformer.norm.weight')
  if (at === 'last' || gain === undefined) return x
  const centred = model.config.norm === 'rms' ? x : sub(x, mean(x, 1, true))
  return mul(centred, gain.value)
}

/** The places of the `count` largest values, largest first, with the values. */
export function largest(
  values: ArrayLike<number>,
  count: number,
): [place: number, value: number][] {
  const found: [number, number][] = []
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number
    if (found.length === count && value <= (found.at(-1)?.[1] ?? value)) continue
    let at = found.length
    while (at > 0 && (found[at - 1] as [number, number])[1] < value) at--
    found.splice(at, 0, [i, value])
    if (found.length > count) found.pop()
  }
  return found.map(([i, value]) => [i, rounded(value)])
}
