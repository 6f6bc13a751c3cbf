/**
 * Writes a plan as an ONNX model.
 */
import type { ElementType, HostArray } from '../element.ts'
import { elementCode, filledArray, hostArray, sizeOf } from '../element.ts'
import type { Attribute, Value } from '../graph.ts'
import type { Plan } from '../plan.ts'
import type { OperatorCall, Target } from './lower.ts'
import { lower } from './lower.ts'
import { Message } from './protobuf.ts'

/** Operator set and file version: read by ONNX Runtime 1.17 and later. */
const operatorSet = 20
const fileVersion = 9

/** Uniform constants up to this many elements are written out; larger ones become a node. */
const writtenElements = 64

export interface ModelOptions {
  /** Names of inputs and outputs; other values get a name of their own. */
  readonly names?: ReadonlyMap<Value, string>
  /** Fed values that are written into the model instead, with their values. */
  readonly baked?: ReadonlyMap<Value, HostArray>
  /** Sizes that are left open, by name, instead of numbers. */
  readonly shapes?: ReadonlyMap<Value, readonly (number | string)[]>
  /** Whether operators outside the ONNX standard may be used. */
  readonly target?: Target
}

/** The name of a value in a model. */
export function valueName(value: Value): string {
  return `v${value.id}`
}

/** The bytes of an ONNX model that computes the plan's outputs from its inputs. */
export function writeModel(plan: Plan, options: ModelOptions = {}): Uint8Array {
  const { names, baked, shapes, target = 'runtime' } = options
  const name = (value: Value): string => names?.get(value) ?? valueName(value)
  const graph = new Message()
  for (const value of plan.constants) {
    if (value.fill !== undefined && sizeOf(value.shape) > writtenElements) {
      graph.message(1, fillNode(name(value), shapeName(value), value.type, value.fill))
      graph.message(5, tensor(shapeName(value), [value.shape.length], 'int64', int64(value.shape)))
    }
  }
  for (const node of plan.nodes) {
    for (const call of lower(node, name, target)) graph.message(1, operator(call))
  }
  graph.text(2, 'winnow')
  for (const value of plan.constants) {
    const size = sizeOf(value.shape)
    if (value.fill !== undefined && size > writtenElements) continue
    const data = value.data ?? filledArray(value.type, size, value.fill as number)
    graph.message(5, tensor(name(value), value.shape, value.type, data))
  }
  for (const value of plan.inputs) {
    const data = baked?.get(value)
    if (data !== undefined) graph.message(5, tensor(name(value), value.shape, value.type, data))
    else graph.message(11, valueInfo(name(value), value.type, shapes?.get(value) ?? value.shape))
  }
  for (const value of plan.outputs) {
    graph.message(12, valueInfo(name(value), value.type, shapes?.get(value) ?? value.shape))
  }
  return new Message()
    .integer(1, fileVersion)
    .text(2, 'winnow')
    .message(7, graph)
    .message(8, new Message().text(1, '').integer(2, operatorSet))
    .message(8, new Message().text(1, 'com.microsoft').integer(2, 1))
    .finish()
}

function operator(call: OperatorCall): Message {
  const message = new Message()
  for (const input of call.inputs) message.text(1, input)
  for (const output of call.outputs) message.text(2, output)
  message.text(4, call.op)
  for (const name in call.attributes) {
    message.message(5, attribute(name, call.attributes[name] as Attribute))
  }
  if (call.domain !== '') message.text(7, call.domain)
  return message
}

function attribute(name: string, of: Attribute): Message {
  const message = new Message().text(1, name)
  switch (of.kind) {
    case 'float':
      return message.float(2, of.value).integer(20, 1)
    case 'int':
      return message.integer(3, of.value).integer(20, 2)
    case 'text':
      return message.text(4, of.value).integer(20, 3)
    case 'floats':
      for (const value of of.value) message.float(7, value)
      return message.integer(20, 6)
    case 'ints':
      for (const value of of.value) message.integer(8, value)
      return message.integer(20, 7)
  }
}

function tensor(
  name: string,
  shape: readonly number[],
  type: ElementType,
  data: HostArray,
): Message {
  const message = new Message()
  for (const size of shape) message.integer(1, size)
  return message
    .integer(2, elementCode[type])
    .text(8, name)
    .bytes(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
}

function valueInfo(name: string, type: ElementType, shape: readonly (number | string)[]): Message {
  const dimensions = new Message()
  for (const size of shape) {
    const dimension = new Message()
    if (typeof size === 'number') dimension.integer(1, size)
    else dimension.text(2, size)
    dimensions.message(1, dimension)
  }
  const tensorType = new Message().integer(1, elementCode[type]).message(2, dimensions)
  return new Message().text(1, name).message(2, new Message().message(1, tensorType))
}

function shapeName(value: Value): string {
  return `${valueName(value)}_shape`
}

function int64(values: readonly number[]): HostArray {
  const array = hostArray('int64', values.length) as BigInt64Array
  for (const [index, value] of values.entries()) array[index] = BigInt(value)
  return array
}

function fillNode(name: string, shape: string, type: ElementType, value: number): Message {
  const one = tensor('value', [1], type, filledArray(type, 1, value))
  return new Message()
    .text(1, shape)
    .text(2, name)
    .text(4, 'ConstantOfShape')
    .message(5, new Message().text(1, 'value').message(5, one).integer(20, 4))
}
