/** Matrix products. */
import { cast } from '../build/cast.ts'
import { binary } from '../build/pointwise.ts'
import { product } from '../build/product.ts'
import type { Value } from '../graph.ts'
import type { Lowering, Lowerings } from '../kernel.ts'
import { activate } from './unary.ts'

const batchMatMul: Lowering = (inputs, { transposeA, transposeB }) => {
  const [a, b] = [inputs.get('a'), inputs.get('b')]
  return product(a, cast(b, a.type), transposeA === true, transposeB === true)
}

const fusedMatMul: Lowering = (inputs, attributes, graph) => {
  const result = batchMatMul(inputs, attributes, graph) as Value
  const bias = inputs.find('bias')
  const biased = bias === undefined ? result : binary('Add', result, bias)
  return activate(
    biased,
    (attributes['activation'] ?? 'linear') as string,
    attributes['leakyreluAlpha'] as number | undefined,
    inputs.find('preluActivationWeights'),
  )
}

export const matmulKernels: Lowerings = { BatchMatMul: batchMatMul, _FusedMatMul: fusedMatMul }
