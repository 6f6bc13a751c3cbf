/**
 * The probe loss (Gao et al., 2024, section 4.2): whether a concept that one knows is a single latent. On each latent alone
 * a logistic regression tells the concept; the best latent's cross entropy counts.
 *
 *     loss = min over latents, w, b of  mean -[y log p + (1 - y) log(1 - p)],   p = 1 / (1 + exp(-(w f + b)))
 *
 * Fitted by Newton's method, with a little of w^2 added so that a latent that separates perfectly has an end.
 */
import { check } from '@winnow/core'

/** What {@link probeLoss} finds. */
export interface ProbeLoss {
  /** Nats per row, of the best latent: 0 where it tells the concept without an error. */
  readonly loss: number
  /** The best one. */
  readonly latent: number
  /** Nats per row of each latent: `[latents]`. */
  readonly losses: Float64Array
  /** Nats per row of knowing nothing but how often the concept is there. */
  readonly chance: number
}

const STEPS = 30
const RIDGE = 1e-6
/** A step is halved as often as this, until the loss falls. */
const HALVINGS = 20

/**
 * @param codes rows of `latents` numbers: preactivations in the paper, for they tell more where a latent is off
 * @param labels for each row whether the concept is there: 0 or 1, both among them
 * @throws WinnowError for other lengths, labels or numbers that are not finite
 */
export function probeLoss(
  codes: ArrayLike<number>,
  labels: ArrayLike<number>,
  latents: number,
): ProbeLoss {
  const rows = labels.length
  check(
    rows >= 1 && codes.length === rows * latents,
    () => `probeLoss: ${codes.length} numbers came for ${rows} labels, expected rows of ${latents}`,
  )
  let there = 0
  for (let row = 0; row < rows; row++) {
    const label = labels[row] as number
    check(
      label === 0 || label === 1,
      () => `probeLoss: labels: ${label} came in row ${row}, expected 0 or 1`,
    )
    there += label
  }
  check(
    there > 0 && there < rows,
    () => `probeLoss: labels: all ${rows} are ${there === 0 ? 0 : 1}, expected both among them`,
  )
  const losses = new Float64Array(latents)
  const values = new Float64Array(rows)
  const share = there / rows
  for (let latent = 0; latent < latents; latent++) {
    let largest = 0
    for (let row = 0; row < rows; row++) {
      const value = codes[row * latents + latent] as number
      check(
        Number.isFinite(value),
        () => `probeLoss: codes: ${value} came in row ${row}, expected finite numbers`,
      )
      values[row] = value
      largest = Math.max(largest, Math.abs(value))
    }
    // In units of the largest, so that the scale of a latent does not matter.
    if (largest > 0)
      for (let row = 0; row < rows; row++) values[row] = (values[row] as number) / largest
    losses[latent] = regress(values, labels, share)
  }
  const latent = losses.reduce((best, loss, i) => (loss < (losses[best] as number) ? i : best), 0)
  const chance = -(share * Math.log(share) + (1 - share) * Math.log(1 - share))
  return { loss: losses[latent] as number, latent, losses, chance }
}

/** The least cross entropy of a logistic regression of one number. */
function regress(values: Float64Array, labels: ArrayLike<number>, share: number): number {
  let [weight, bias] = [0, Math.log(share / (1 - share))]
  let cost = costOf(values, labels, weight, bias)
  for (let step = 0; step < STEPS; step++) {
    const [byWeight, byBias] = newtonStep(values, labels, weight, bias)
    let size = 1
    let [nextWeight, nextBias, next] = [weight, bias, cost]
    for (let n = 0; n < HALVINGS; n++, size /= 2) {
      nextWeight = weight - size * byWeight
      nextBias = bias - size * byBias
      next = costOf(values, labels, nextWeight, nextBias)
      if (next < cost) break
    }
    if (!(next < cost - 1e-12)) break
    ;[weight, bias, cost] = [nextWeight, nextBias, next]
  }
  return cost - RIDGE * weight * weight
}

function costOf(values: Float64Array, labels: ArrayLike<number>, w: number, b: number): number {
  let sum = 0
  for (let row = 0; row < values.length; row++) {
    const z = w * (values[row] as number) + b
    // log(1 + exp z) - y z, without overflow.
    sum += Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))) - (labels[row] as number) * z
  }
  return sum / values.length + RIDGE * w * w
}

/** The gradient by the inverse of the second derivatives. */
function newtonStep(
  values: Float64Array,
  labels: ArrayLike<number>,
  w: number,
  b: number,
): [number, number] {
  const rows = values.length
  let [gw, gb, hww, hwb, hbb] = [2 * RIDGE * w, 0, 2 * RIDGE, 0, 1e-12]
  for (let row = 0; row < rows; row++) {
    const value = values[row] as number
    const p = 1 / (1 + Math.exp(-(w * value + b)))
    const error = (p - (labels[row] as number)) / rows
    const curve = (p * (1 - p)) / rows
    gw += error * value
    gb += error
    hww += curve * value * value
    hwb += curve * value
    hbb += curve
  }
  const determinant = hww * hbb - hwb * hwb
  return [(hbb * gw - hwb * gb) / determinant, (hww * gb - hwb * gw) / determinant]
}
