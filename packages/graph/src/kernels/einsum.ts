/** Einstein sums: ONNX has the operator, with the same equations. */

import type { Value } from '../graph.ts'
import { text } from '../graph.ts'
import type { Lowering, Lowerings } from '../kernel.ts'

const einsum: Lowering = ({ all }, attributes, graph) => {
  const equation = (attributes['equation'] as string).replace(/\s/g, '')
  const [left, right] = equation.split('->') as [string, string]
  const sizes = new Map<string, number>()
  for (const [index, labels] of left.split(',').entries()) {
    for (const [axis, label] of [...labels].entries()) {
      sizes.set(label, (all[index] as Value).shape[axis] as number)
    }
  }
  const shape = [...right].map((label) => sizes.get(label) as number)
  if ([...sizes.values()].includes(0)) return graph.fill(shape, 0, (all[0] as Value).type)
  return graph.emit(
    'Einsum',
    all,
    { shape, type: (all[0] as Value).type },
    { equation: text(equation) },
  )
}

export const einsumKernels: Lowerings = { Einsum: einsum }
