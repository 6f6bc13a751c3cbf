/**
 * In which steps latents are coded: what was coded in earlier steps helps to foretell the next, and all of a step is decoded at
 * once. `channels`: groups of channels (Minnen and Singh 2020). `checkerboard`: half of the places, then the others between
 * them (He, Zheng, Sun, Wang and Qin 2021).
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { add, concat, mul, slice, tensor } from '@tensorflow/tfjs-core'
import { check, unknownName } from '@winnow/core'

/** Names of the orders. */
export type ContextName = 'none' | 'channels' | 'checkerboard'

/** What one step codes, and of what it knows. */
export interface CodingStep {
  /** The first channel, and how many. */
  readonly first: number
  readonly channels: number
  /** The places whose row and column add up to an even number, to an odd one, or all. */
  readonly places: 'even' | 'odd' | 'all'
  /** How many channels of coded latents it looks at. */
  readonly known: number
}

/** @throws WinnowError for an unknown name, or channels that the groups do not divide */
export function codingSteps(
  name: ContextName,
  { latents, groups }: { readonly latents: number; readonly groups: number },
): CodingStep[] {
  const whole = { first: 0, channels: latents }
  if (name === 'none') return [{ ...whole, places: 'all', known: 0 }]
  if (name === 'checkerboard') {
    return [
      { ...whole, places: 'even', known: 0 },
      { ...whole, places: 'odd', known: latents },
    ]
  }
  if (name !== 'channels') {
    throw unknownName('HyperpriorCodec: context', name, ['none', 'channels', 'checkerboard'])
  }
  check(
    Number.isInteger(groups) && groups > 1 && latents % groups === 0,
    () =>
      `HyperpriorCodec: groups: ${groups} came, expected a whole number > 1 that divides ${latents} latents`,
  )
  const channels = latents / groups
  return Array.from({ length: groups }, (_, i) => {
    return { first: i * channels, channels, places: 'all', known: i * channels }
  })
}

/** 1 at the places of a step, `[1, height, width, 1]`; nothing where it is all of them. */
export function placesOf(
  { places }: CodingStep,
  height: number,
  width: number,
): Float32Array | undefined {
  if (places === 'all') return undefined
  const parity = places === 'even' ? 0 : 1
  return Float32Array.from({ length: height * width }, (_, i) =>
    (Math.floor(i / width) + (i % width)) % 2 === parity ? 1 : 0,
  )
}

/** The latents of a step: its channels, with zeros at other places. */
export function partOf(latents: Tensor, step: CodingStep): Tensor {
  const [batch, height, width, all] = latents.shape as [number, number, number, number]
  const { first, channels } = step
  const chosen =
    channels === all ? latents : slice(latents, [0, 0, 0, first], [batch, height, width, channels])
  const places = placesOf(step, height, width)
  return places === undefined ? chosen : mul(chosen, tensor(places, [1, height, width, 1]))
}

/** What a step sees: features of the hyperprior, and what is coded already, of which `parts` are the steps before. */
export function seenBy(step: CodingStep, features: Tensor, parts: readonly Tensor[]): Tensor {
  return step.known === 0 ? features : concat([features, ...parts], 3)
}

/** The parts of all steps as one. */
export function joined(steps: readonly CodingStep[], parts: readonly Tensor[]): Tensor {
  const [first] = parts as [Tensor]
  if (parts.length === 1) return first
  if (steps[0]?.places === 'all') return concat([...parts], 3)
  // At places of the other step each part is zero.
  return parts.slice(1).reduce((sum, part) => add(sum, part), first)
}
