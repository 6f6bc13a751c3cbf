/**
 * Dead units: outputs of a layer that are zero for every example, so that no gradient passes (Lu et al., 2019).
 */
import { any, notEqual, type Tensor, tidy } from '@tensorflow/tfjs-core'
import type { Module } from '../module.ts'
import type { Rng } from '../rng.ts'
import { witnessed } from './watch.ts'

/** A layer of which this share is dead gets a warning. */
const MANY = 0.8
/** Fewer examples say nothing about a unit. */
const EXAMPLES = 8

/**
 * Runs a model on one batch and warns of layers of which four units in five or more are zero for every example.
 *
 * @param rng what `run` draws from
 * @param run the model's loss, or any use of it
 */
export async function deadUnitWarnings(
  model: Module,
  rng: Rng,
  run: (rng: Rng) => unknown,
): Promise<readonly string[]> {
  const { witnesses } = await witnessed(model, rng, (own) => void run(own), alive)
  const warnings: string[] = []
  // A wrapper returns what its inner layer returned: the same units are told of once.
  const told = new Set<string>()
  try {
    for (const { what, tensor } of witnesses) {
      const counted = await countDead(tensor)
      if (counted.dead < MANY * counted.units) continue
      if (told.has(counted.pattern)) continue
      told.add(counted.pattern)
      warnings.push(
        `dead units: ${counted.dead} of ${counted.units} in ${what} are zero for every example of a batch; ` +
          'lower the learning rate, or take an activation that leaks',
      )
    }
  } finally {
    for (const { tensor } of witnesses) tensor.dispose()
  }
  return warnings
}

/** Which units, the last axis, are alive for some example: bits in place of whole layers. Others are no layer of units. */
function alive(tensor: Tensor): Tensor | undefined {
  const units = tensor.shape.at(-1) ?? 0
  if (tensor.rank < 2 || units < 2 || (tensor.shape[0] as number) < EXAMPLES) return undefined
  const axes = Array.from({ length: tensor.rank - 1 }, (_, axis) => axis)
  return tidy(() => any(notEqual(tensor, 0), axes))
}

async function countDead(
  tensor: Tensor,
): Promise<{ readonly dead: number; readonly units: number; readonly pattern: string }> {
  const bits = [...(await tensor.data())]
  return {
    dead: bits.filter((bit) => bit === 0).length,
    units: bits.length,
    pattern: bits.join(''),
  }
}
