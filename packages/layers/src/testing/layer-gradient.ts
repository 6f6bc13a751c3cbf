/**
 * Comparison of a layer's gradients with finite differences: in its input and in all its parameters.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { type Context, parameters, type Slot } from '@winnow/core'
import { type CheckGradientOptions, checkGradient } from '@winnow/core/testing'
import type { LayerModule } from '../layer.ts'

/** @throws WinnowError where a gradient is wrong; the last parameter has the highest input number */
export function checkLayerGradient(
  layer: LayerModule,
  x: Tensor,
  options: CheckGradientOptions & { readonly context?: Context } = {},
): void {
  const slots = [...parameters(layer).values()]
  const forward = (input: Tensor, ...values: Tensor[]): Tensor =>
    withValues(slots, values, () => layer.forward(input, options.context))
  checkGradient(
    forward as (...inputs: Tensor[]) => Tensor,
    [x, ...slots.map((slot) => slot.value)],
    options,
  )
}

function withValues<T>(slots: readonly Slot[], values: readonly Tensor[], fn: () => T): T {
  const [slot, ...rest] = slots
  if (slot === undefined) return fn()
  return slot.with(values[0] as Tensor, () => withValues(rest, values.slice(1), fn))
}
