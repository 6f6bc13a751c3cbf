/**
 * The last step from a node to ONNX operators. Only matrix products differ: see {@link lower}.
 */
import type { Attributes, Node, Value } from '../graph.ts'
import { int, ints } from '../graph.ts'

/** `runtime`: ONNX Runtime's own operators are allowed. `portable`: the ONNX standard only. */
export type Target = 'runtime' | 'portable'

/** One ONNX operator with the names of what it reads and writes. */
export interface OperatorCall {
  readonly op: string
  readonly domain: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes: Attributes
}

/** The domain of our own operators, which {@link lower} turns into ONNX's. */
export const winnowDomain = 'winnow'

/**
 * A `Product` of matrices with transposed operands is a Gemm where both have two axes; with batch axes it is ONNX
 * Runtime's FusedMatMul, or in a portable model Transpose and MatMul.
 */
export function lower(node: Node, name: (value: Value) => string, target: Target): OperatorCall[] {
  const inputs = node.inputs.map((value) => (value === undefined ? '' : name(value)))
  const outputs = node.outputs.map(name)
  const { op, domain, attributes } = node
  if (domain !== winnowDomain) return [{ op, domain, inputs, outputs, attributes }]
  const transposeA = attributes['transA']?.value === 1
  const transposeB = attributes['transB']?.value === 1
  const [a, b] = node.inputs as [Value, Value]
  const flags = { transA: int(Number(transposeA)), transB: int(Number(transposeB)) }
  if (a.shape.length === 2 && b.shape.length === 2 && a.type === 'float32') {
    return [{ op: 'Gemm', domain: '', inputs, outputs, attributes: flags }]
  }
  if (!transposeA && !transposeB) {
    return [{ op: 'MatMul', domain: '', inputs, outputs, attributes: {} }]
  }
  if (target === 'runtime' && a.type === 'float32') {
    return [{ op: 'FusedMatMul', domain: 'com.microsoft', inputs, outputs, attributes: flags }]
  }
  const calls: OperatorCall[] = []
  const operands = [a, b].map((value, index) => {
    if (!(index === 0 ? transposeA : transposeB)) return name(value)
    const rank = value.shape.length
    const perm = value.shape.map((_, axis) => axis)
    perm.splice(rank - 2, 2, rank - 1, rank - 2)
    const transposed = `${outputs[0]}_${index === 0 ? 'a' : 'b'}`
    calls.push({
      op: 'Transpose',
      domain: '',
      inputs: [name(value)],
      outputs: [transposed],
      attributes: { perm: ints(perm) },
    })
    return transposed
  })
  calls.push({ op: 'MatMul', domain: '', inputs: operands, outputs, attributes: {} })
  return calls
}
