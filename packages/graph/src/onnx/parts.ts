/**
 * A plan as the parts of an ONNX model: operators, constants, inputs and outputs, all by name.
 */
import type { ElementType, HostArray } from '../element.ts'
import { filledArray, hostArray, sizeOf } from '../element.ts'
import type { Value } from '../graph.ts'
import type { Plan } from '../plan.ts'
import type { OperatorCall, Target } from './lower.ts'
import { lower } from './lower.ts'

/** Uniform constants up to this many elements are written out; larger ones become a node. */
const writtenElements = 64

export interface NamedTensor {
  readonly name: string
  readonly shape: readonly number[]
  readonly type: ElementType
  readonly data: HostArray
}

/** An input or output; a size that is left open is a name. */
export interface NamedValue {
  readonly name: string
  readonly type: ElementType
  /** Undefined: a sequence of tensors. */
  readonly shape: readonly (number | string)[] | undefined
}

export interface ModelParts {
  readonly calls: readonly OperatorCall[]
  readonly tensors: readonly NamedTensor[]
  readonly inputs: readonly NamedValue[]
  readonly outputs: readonly NamedValue[]
}

/** Operators in front of a plan's own. */
export interface Prologue {
  readonly calls: readonly OperatorCall[]
  readonly tensors: readonly NamedTensor[]
  /** Constants of the plan that the calls compute, or the tensors hold, under their names. */
  readonly provides: ReadonlySet<Value>
}

/** How {@link writeModel} writes a plan. */
export interface ModelOptions {
  /** Names of inputs and outputs; other values get a name of their own. */
  readonly names?: ReadonlyMap<Value, string>
  /** Fed values that are written into the model instead, with their values. */
  readonly baked?: ReadonlyMap<Value, HostArray>
  /** Shapes of inputs and outputs with sizes that are left open. */
  readonly shapes?: ReadonlyMap<Value, readonly (number | string)[]>
  /** Operators in front of the plan's own, which compute some of its constants. @internal */
  readonly prologue?: Prologue
  /** The name of an additional first output, an empty sequence of tensors. @internal */
  readonly sequence?: string
  /** Whether operators outside the ONNX standard may be used; `runtime`, where they may, by default. */
  readonly target?: Target
}

/** The name of a value in a model. */
export function valueName(value: Value): string {
  return `v${value.id}`
}

export function modelParts(plan: Plan, options: ModelOptions = {}): ModelParts {
  const { names, baked, shapes, prologue, target = 'runtime' } = options
  const name = (value: Value): string => names?.get(value) ?? valueName(value)
  const named = (value: Value): NamedValue => ({
    name: name(value),
    type: value.type,
    shape: shapes?.get(value) ?? value.shape,
  })
  const calls: OperatorCall[] = [...(prologue?.calls ?? [])]
  const tensors: NamedTensor[] = [...(prologue?.tensors ?? [])]
  const inputs: NamedValue[] = []
  for (const value of plan.constants) {
    if (prologue?.provides.has(value)) continue
    const { fill, shape, type } = value
    const size = sizeOf(shape)
    if (fill !== undefined && size > writtenElements) {
      const [one, sizes] = [`${name(value)}_value`, `${name(value)}_shape`]
      tensors.push({ name: one, shape: [], type, data: filledArray(type, 1, fill) })
      tensors.push({ name: sizes, shape: [shape.length], type: 'int64', data: int64(shape) })
      calls.push(call('Expand', [one, sizes], [name(value)]))
    } else {
      const data = value.data ?? filledArray(type, size, fill as number)
      tensors.push({ name: name(value), shape, type, data })
    }
  }
  for (const value of plan.inputs) {
    if (prologue?.provides.has(value)) continue
    const data = baked?.get(value)
    if (data === undefined) inputs.push(named(value))
    else tensors.push({ name: name(value), shape: value.shape, type: value.type, data })
  }
  for (const node of plan.nodes) calls.push(...lower(node, name, target))
  const outputs = plan.outputs.map(named)
  if (options.sequence !== undefined) {
    calls.push(call('SequenceEmpty', [], [options.sequence]))
    outputs.unshift({ name: options.sequence, type: 'float32', shape: undefined })
  }
  return { calls, tensors, inputs, outputs }
}

/** A standard operator without attributes. */
function call(op: string, inputs: readonly string[], outputs: readonly string[]): OperatorCall {
  return { op, domain: '', inputs, outputs, attributes: {} }
}

/** Values of an int64 tensor. */
export function int64(values: readonly number[]): HostArray {
  const array = hostArray('int64', values.length) as BigInt64Array
  for (const [index, value] of values.entries()) array[index] = BigInt(value)
  return array
}
