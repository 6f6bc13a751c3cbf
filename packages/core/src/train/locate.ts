/**
 * Says where a loss stopped being finite: the step is replayed eagerly, and the batch, the parameters, what each
 * module returned and the gradients are looked through in the order of the computation.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { type Module, slots } from '../module.ts'
import type { Rng } from '../rng.ts'
import { tensorsOf } from '../tree.ts'
import { type Witness, witnessed } from './watch.ts'

/**
 * The first non-finite tensor, in words, e.g. `the output of encoder.layers.2 (Linear.forward), 12 of 2560 values`;
 * undefined when all are finite.
 *
 * @param replay.rng what the step was given
 * @param replay.gradients computes the step's loss and returns the gradients by parameter name
 */
export async function locateNonFinite(
  module: Module,
  batch: unknown,
  replay: {
    readonly rng: Rng
    readonly gradients: (rng: Rng) => ReadonlyMap<string, Tensor>
  },
): Promise<string | undefined> {
  const inputs = [
    ...tensorsOf(batch).map((tensor, i) => ({
      what: i === 0 ? 'the batch' : `the batch (tensor ${i})`,
      tensor,
    })),
    ...[...slots(module).values()].map(({ path, slot }) => ({ what: path, tensor: slot.value })),
  ]
  const early = await firstNonFinite(inputs)
  if (early !== undefined) return early

  const { result, witnesses } = await witnessed(module, replay.rng, replay.gradients)
  const named = [...result].map(([path, tensor]) => ({ what: `the gradient of ${path}`, tensor }))
  try {
    return await firstNonFinite([...witnesses, ...named])
  } finally {
    for (const { tensor } of [...witnesses, ...named]) tensor.dispose()
  }
}

async function firstNonFinite(witnesses: readonly Witness[]): Promise<string | undefined> {
  for (const { what, tensor } of witnesses) {
    if (tensor.dtype !== 'float32') continue
    // Read and tested on the host: what a GPU makes of a NaN is its own affair.
    const values = await tensor.data()
    let bad = 0
    for (const value of values) if (!Number.isFinite(value)) bad++
    if (bad > 0) return `${what}, ${bad} of ${values.length} values`
  }
  return undefined
}
