/**
 * Says where a loss stopped being finite: the step is replayed eagerly, and the batch, the parameters, what each
 * module returned and the gradients are looked through in the order of the computation.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { type Module, slots } from '../module.ts'
import { tensorsOf } from '../tree.ts'
import { type Witness, watch } from './watch.ts'

/**
 * The first non-finite tensor, in words, e.g. `the output of encoder.layers.2 (Linear.forward), 12 of 2560 values`;
 * undefined when all are finite.
 *
 * @param replay runs the step's loss and returns the gradients by parameter name
 */
export async function locateNonFinite(
  module: Module,
  batch: unknown,
  replay: () => ReadonlyMap<string, Tensor>,
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

  const witnesses: Witness[] = []
  const restore = watch(module, witnesses)
  let gradients: ReadonlyMap<string, Tensor>
  try {
    gradients = replay()
  } finally {
    restore()
  }
  const named = [...gradients].map(([path, tensor]) => ({
    what: `the gradient of ${path}`,
    tensor,
  }))
  const found = await firstNonFinite([...witnesses, ...named])
  for (const { tensor } of [...witnesses, ...named]) if (!tensor.isDisposed) tensor.dispose()
  return found
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
