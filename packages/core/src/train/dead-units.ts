/**
 * Dead units: outputs of a layer that are zero for every example, so that no gradient passes (Lu et al., 2019).
 */
import { type Tensor, tidy } from '@tensorflow/tfjs-core'
import type { Module } from '../module.ts'
import { type Witness, watch } from './watch.ts'

/** A layer of which this share is dead gets a warning. */
const MANY = 0.5
/** Fewer examples say nothing about a unit. */
const EXAMPLES = 8

/**
 * Runs a model on one batch and warns of layers of which half the units or more are zero for every example.
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
  try {
    for (const { what, tensor } of witnesses) {
      const counted = await countDead(tensor)
      if (counted === undefined || counted.dead < MANY * counted.units) continue
      warnings.push(
        `dead units: ${counted.dead} of ${counted.units} in ${what} are zero for every example of a batch; ` +
          'lower the learning rate, or take an activation that leaks',
      )
    }
  } finally {
    for (const { tensor } of witnesses) tensor.dispose()
  }
  // A wrapper returns what its inner layer returned: one warning for one tensor is enough.
  return warnings.slice(0, 3)
}

/** Units are the last axis; an output without a batch, or without a single unit alive, is no layer of units. */
async function countDead(
  tensor: Tensor,
): Promise<{ readonly dead: number; readonly units: number } | undefined> {
  const units = tensor.shape.at(-1) ?? 0
  if (tensor.rank < 2 || units < 2 || (tensor.shape[0] as number) < EXAMPLES) return undefined
  const values = await tensor.data()
  const alive = new Uint8Array(units)
  for (let i = 0; i < values.length; i++) if (values[i] !== 0) alive[i % units] = 1
  return { dead: units - alive.reduce((sum, one) => sum + one, 0), units }
}
