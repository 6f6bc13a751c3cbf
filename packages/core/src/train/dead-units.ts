/**
 * Dead units: outputs of a layer that are zero for every example, so that no gradient passes (Lu et al., 2019).
 */
import { type Tensor, tidy } from '@tensorflow/tfjs-core'
import type { Module } from '../module.ts'
import { type Witness, watch } from './watch.ts'

/** A layer of which this share is dead gets a warning. */
const MANY = 0.8
/** Fewer examples say nothing about a unit. */
const EXAMPLES = 8

/**
 * Runs a model on one batch and warns of layers of which four units in five or more are zero for every example.
 *
 * @param run the model's loss, or any use of it
 */
export async function deadUnitWarnings(
  model: Module,
  run: () => unknown,
): Promise<readonly string[]> {
  const witnesses: Witness[] = []
  const restore = watch(model, witnesses)
  try {
    tidy(() => void run())
  } finally {
    restore()
  }
  const warnings: string[] = []
  // A wrapper returns what its inner layer returned: the same units are told of once.
  const told = new Set<string>()
  try {
    for (const { what, tensor } of witnesses) {
      const counted = await countDead(tensor)
      if (counted === undefined || counted.dead < MANY * counted.units) continue
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

/** Units are the last axis; an output without a batch, or without a single unit alive, is no layer of units. */
async function countDead(
  tensor: Tensor,
): Promise<
  { readonly dead: number; readonly units: number; readonly pattern: string } | undefined
> {
  const units = tensor.shape.at(-1) ?? 0
  if (tensor.rank < 2 || units < 2 || (tensor.shape[0] as number) < EXAMPLES) return undefined
  const values = await tensor.data()
  const alive = new Uint8Array(units)
  for (let i = 0; i < values.length; i++) if (values[i] !== 0) alive[i % units] = 1
  return { dead: units - alive.reduce((sum, one) => sum + one, 0), units, pattern: alive.join('') }
}
