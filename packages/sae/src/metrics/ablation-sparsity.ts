/**
 * Ablation sparsity (Gao et al., 2024, section 4.5): how few logits one latent moves. A latent is taken away at one token;
 * d are the changes of all logits at that token and some after it, less their median at each token, which moves no
 * probability.
 *
 *     sparsity = (sum |d|)^2 / (sum d^2) / (vocabulary tokens)
 *
 * The share of logits that are moved, from 1 / count for a single one to 1 for all alike: smaller is sparser.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { dispose, keep, mul, pad, scalar, slice, sub, tidy } from '@tensorflow/tfjs-core'
import { check } from '@winnow/core'
import type { SparseAutoencoder } from '../sparse-autoencoder.ts'
import type { Edit } from './loss-recovered.ts'

/**
 * Of one ablation's changes: rows of `vocabulary` numbers, one for each token.
 *
 * @returns undefined where no logit moved
 */
export function ablationSparsity(
  changes: ArrayLike<number>,
  vocabulary: number,
): number | undefined {
  const tokens = changes.length / vocabulary
  check(
    Number.isInteger(tokens) && tokens >= 1,
    () => `ablationSparsity: ${changes.length} numbers came, expected rows of ${vocabulary}`,
  )
  let sum = 0
  let squares = 0
  const row = new Float64Array(vocabulary)
  for (let start = 0; start < changes.length; start += vocabulary) {
    for (let i = 0; i < vocabulary; i++) row[i] = changes[start + i] as number
    const sorted = row.slice().sort()
    const middle = vocabulary >> 1
    const median =
      vocabulary % 2 === 1
        ? (sorted[middle] as number)
        : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2
    for (const value of row) {
      const change = Math.abs(value - median)
      check(
        Number.isFinite(change),
        () => `ablationSparsity: ${value} came, expected finite numbers`,
      )
      sum += change
      squares += change * change
    }
  }
  return squares === 0 ? undefined : (sum * sum) / squares / changes.length
}

/** What {@link measureAblations} needs. */
export interface AblationOptions {
  /** The network's logits `[tokens, vocabulary]` for one text, its activations `[tokens, features]` edited. */
  run(edit: Edit): Tensor | Promise<Tensor>
  /** Where latents are taken away: a place in the text. */
  readonly token: number
  /** How many tokens are looked at, the ablated one included; 16 by default, or what is left of the text. */
  readonly tokens?: number
}

/** One latent, and what taking it away does. */
export interface Ablation {
  readonly latent: number
  /** Its value there. */
  readonly value: number
  readonly sparsity: number | undefined
}

/**
 * Takes each latent that is on at a token away, one by one: the network sees its activations there less the latent's part,
 * `x - f_i D_i` (in the units of x, where examples are normalised).
 *
 * @throws WinnowError when the token is not in the text
 */
export async function measureAblations(
  sae: SparseAutoencoder,
  { run, token, tokens = 16 }: AblationOptions,
): Promise<readonly Ablation[]> {
  let seen: { readonly latents: Tensor; readonly unit: Tensor } | undefined
  const whole = await run((activations) => {
    const [length, features] = activations.shape as [number, number]
    check(
      Number.isInteger(token) && token >= 0 && token < length,
      () => `measureAblations: token: ${token} came, expected a place from 0 to ${length - 1}`,
    )
    seen = tidy(() => {
      const { latents, scale } = sae.encode(slice(activations, [token, 0], [1, features]))
      // The network may run inside of a tidy.
      return { latents: keep(latents), unit: keep(scale?.deviation ?? scalar(1)) }
    })
    return activations
  })
  check(seen !== undefined, () => 'measureAblations: run: it did not call the edit')
  const { latents, unit } = seen
  const values = await latents.data()
  const scale = (await unit.data())[0] as number
  dispose([latents, unit])
  const [length, vocabulary] = whole.shape as [number, number]
  const after = Math.min(tokens, length - token)
  const original = tidy(() => slice(whole, [token, 0], [after, vocabulary]))
  whole.dispose()
  const found: Ablation[] = []
  for (const [latent, value] of values.entries()) {
    if (value === 0) continue
    const logits = await run((activations) =>
      tidy(() => {
        const { inputs } = sae.config
        const part = mul(slice(sae.decoder.value, [latent, 0], [1, inputs]), value * scale)
        return sub(
          activations,
          pad(part, [
            [token, (activations.shape[0] as number) - token - 1],
            [0, 0],
          ]),
        )
      }),
    )
    const changes = tidy(() => sub(slice(logits, [token, 0], [after, vocabulary]), original))
    found.push({ latent, value, sparsity: ablationSparsity(await changes.data(), vocabulary) })
    logits.dispose()
    changes.dispose()
  }
  original.dispose()
  return found
}
