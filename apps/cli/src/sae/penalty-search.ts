/**
 * Which weight of an L1 penalty gives a wanted L0: near a straight line in logarithms, along which the next one is aimed.
 *
 *     log L0 = a - slope log weight
 */

/** A weight, and how many latents were on with it. */
export interface Tried {
  readonly weight: number
  readonly l0: number
}

/** Where one weight is known, or two that tell nothing. */
const USUAL_SLOPE = 1
/** A slope from two near points may be anything. */
const [LEAST_SLOPE, MOST_SLOPE] = [0.4, 4]
/** The farthest that one step goes. */
const MOST_FACTOR = 8

/** The weight to try next for `target` latents on; `first` where none was tried. */
export function nextWeight(tried: readonly Tried[], target: number, first: number): number {
  const distance = ({ l0 }: Tried): number => Math.abs(Math.log(Math.max(l0, 0.1) / target))
  const [nearest, second] = [...tried].sort((a, b) => distance(a) - distance(b))
  if (nearest === undefined) return first
  const l0 = Math.max(nearest.l0, 0.1)
  const measured =
    second === undefined || second.weight === nearest.weight
      ? USUAL_SLOPE
      : -Math.log(Math.max(second.l0, 0.1) / l0) / Math.log(second.weight / nearest.weight)
  const slope = Number.isFinite(measured)
    ? Math.min(MOST_SLOPE, Math.max(LEAST_SLOPE, measured))
    : USUAL_SLOPE
  const factor = (l0 / target) ** (1 / slope)
  return nearest.weight * Math.min(MOST_FACTOR, Math.max(1 / MOST_FACTOR, factor))
}
