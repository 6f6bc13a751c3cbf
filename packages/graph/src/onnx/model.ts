/**
 * Encodes a model as an ONNX file.
 */
import type { ElementType } from '../element.ts'
import { elementCode } from '../element.ts'
import type { Attribute } from '../graph.ts'
import type { Plan } from '../plan.ts'
import type { OperatorCall } from './lower.ts'
import type { ModelOptions, ModelParts, NamedTensor, NamedValue } from './parts.ts'
import { modelParts } from './parts.ts'
import { Message } from './protobuf.ts'

/** Operator set and file version: read by ONNX Runtime 1.17 and later. */
const operatorSet = 20
const fileVersion = 9

/** The bytes of an ONNX model that computes the plan's outputs from its inputs. */
export function writeModel(plan: Plan, options: ModelOptions = {}): Uint8Array {
  return encodeModel(modelParts(plan, options))
}

/** The bytes of an ONNX model. */
export function encodeModel(parts: ModelParts): Uint8Array {
  const graph = new Message()
  for (const call of parts.calls) graph.message(1, operator(call))
  graph.text(2, 'winnow')
  for (const constant of parts.tensors) graph.message(5, tensor(constant))
  for (const input of parts.inputs) graph.message(11, valueInfo(input))
  for (const output of parts.outputs) graph.message(12, valueInfo(output))
  const model = new Message()
    .integer(1, fileVersion)
    .text(2, 'winnow')
    .message(7, graph)
    .message(8, new Message().text(1, '').integer(2, operatorSet))
  const others = new Set(parts.calls.map(({ domain }) => domain))
  others.delete('')
  for (const domain of others) model.message(8, new Message().text(1, domain).integer(2, 1))
  return model.finish()
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

function tensor({ name, shape, type, data }: NamedTensor): Message {
  const message = new Message()
  for (const size of shape) message.integer(1, size)
  return message
    .integer(2, elementCode[type])
    .text(8, name)
    .bytes(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
}

function valueInfo({ name, type, shape }: NamedValue): Message {
  return new Message().text(1, name).message(2, typeOf(type, shape))
}

/** Of a tensor, or without a shape of a sequence of tensors. */
function typeOf(type: ElementType, shape: NamedValue['shape']): Message {
  const tensorType = new Message().integer(1, elementCode[type])
  if (shape === undefined) {
    const each = new Message().message(1, tensorType)
    return new Message().message(4, new Message().message(1, each))
  }
  const dimensions = new Message()
  for (const size of shape) {
    const dimension = new Message()
    if (typeof size === 'number') dimension.integer(1, size)
    else dimension.text(2, size)
    dimensions.message(1, dimension)
  }
  return new Message().message(1, tensorType.message(2, dimensions))
}
