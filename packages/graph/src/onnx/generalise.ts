/**
 * One model for every batch: two recordings of the same function at two batch sizes, and what differs between them
 * computed from the batch size at run time.
 */
import { WinnowError } from '@winnow/core'
import { sameShape, sizeOf } from '../element.ts'
import type { Value } from '../graph.ts'
import { int } from '../graph.ts'
import type { Plan } from '../plan.ts'
import type { OperatorCall } from './lower.ts'
import type { NamedTensor, Prologue } from './parts.ts'
import { int64, valueName } from './parts.ts'

/** Two recordings of one function. */
export interface Pair {
  readonly plan: Plan
  readonly other: Plan
  readonly batch: number
  readonly otherBatch: number
}

/** The input and its axis that tell the batch size. */
export interface BatchSource {
  readonly input: string
  readonly axis: number
}

/** A size that is `factor` times the batch, or does not depend on it. */
function factorOf(a: number, b: number, { batch, otherBatch }: Pair): number | undefined {
  return a % batch === 0 && b % otherBatch === 0 && a / batch === b / otherBatch
    ? a / batch
    : undefined
}

/** The shape with `name` where it depends on the batch. @throws WinnowError where it does so otherwise */
export function openShape(
  value: Value,
  other: Value,
  pair: Pair,
  name: string,
): (number | string)[] {
  return value.shape.map((size, axis) => {
    const otherSize = other.shape[axis] as number
    if (size === otherSize) return size
    const factor = factorOf(size, otherSize, pair)
    if (factor === undefined)
      throw differs(`axis ${axis} of an output is ${size} at batch ${pair.batch}`)
    return factor === 1 ? name : `${factor}*${name}`
  })
}

/** Every value of the first recording with its counterpart. @throws WinnowError where the two differ in structure */
export function matchValues({ plan, other }: Pair): Map<Value, Value> {
  const matched = new Map<Value, Value>()
  const match = (a: Value | undefined, b: Value | undefined): void => {
    if (a === undefined || b === undefined) {
      if (a !== b) throw differs('an operand is missing')
      return
    }
    const known = matched.get(a)
    if (known !== undefined && known !== b)
      throw differs(`a value of ${a.node?.op ?? 'a constant'}`)
    matched.set(a, b)
  }
  if (plan.nodes.length !== other.nodes.length) {
    throw differs(`${plan.nodes.length} operators and ${other.nodes.length}`)
  }
  for (const [index, node] of plan.nodes.entries()) {
    const twin = other.nodes[index] as typeof node
    const same =
      node.op === twin.op && JSON.stringify(node.attributes) === JSON.stringify(twin.attributes)
    if (!same || node.inputs.length !== twin.inputs.length)
      throw differs(`operator ${index}, ${node.op}`)
    for (const [at, input] of node.inputs.entries()) match(input, twin.inputs[at])
    for (const [at, output] of node.outputs.entries()) match(output, twin.outputs[at])
  }
  for (const [index, output] of plan.outputs.entries()) match(output, other.outputs[index])
  return matched
}

/** Operators that compute, from the batch size, the constants that differ. */
export function prologue(pair: Pair, source: BatchSource): Prologue {
  const calls: OperatorCall[] = []
  const tensors: NamedTensor[] = []
  const provides = new Set<Value>()
  const add = (op: string, inputs: string[], output: string, attributes = {}): string => {
    calls.push({ op, domain: '', inputs, outputs: [output], attributes })
    return output
  }
  const whole = (name: string, values: readonly number[]): string => {
    tensors.push({ name, shape: [values.length], type: 'int64', data: int64(values) })
    return name
  }
  const batch = 'winnow_batch'
  const matched = matchValues(pair)

  /** A vector of sizes, some of them multiples of the batch. */
  const sizes = (name: string, a: readonly number[], b: readonly number[]): string => {
    if (a.length === 0) return whole(name, [])
    const parts = a.map((size, axis) => {
      const part = `${name}_${axis}`
      if (size === b[axis]) return whole(part, [size])
      const factor = factorOf(size, b[axis] as number, pair)
      if (factor === undefined) throw differs(`a size is ${size} at batch ${pair.batch}`)
      return factor === 1 ? batch : add('Mul', [batch, whole(`${part}_factor`, [factor])], part)
    })
    return add('Concat', parts, name, { axis: int(0) })
  }

  for (const value of [...pair.plan.constants, ...pair.plan.inputs]) {
    const twin = matched.get(value)
    if (twin === undefined || (value.fill === undefined && value.data === undefined)) continue
    const name = valueName(value)
    if (value.fill !== undefined && twin.fill !== undefined) {
      if (!Object.is(value.fill, twin.fill)) fillOfBatch(value, twin)
      else if (!sameShape(value.shape, twin.shape)) {
        tensors.push({
          name: `${name}_value`,
          shape: [],
          type: value.type,
          data: constantOf(value),
        })
        add('Expand', [`${name}_value`, sizes(`${name}_shape`, value.shape, twin.shape)], name)
        provides.add(value)
      }
    } else if (value.type === 'int64' && sameShape(value.shape, twin.shape)) {
      const [a, b] = [numbers(value), numbers(twin)]
      if (a.join() === b.join()) continue
      sizes(name, a, b)
      provides.add(value)
    } else if (!sameShape(value.shape, twin.shape)) {
      progression(value, twin)
    } else if (numbers(value).join() !== numbers(twin).join()) {
      throw differs('the values of a constant')
    }
  }
  if (provides.size > 0) {
    const { input, axis } = source
    calls.unshift({
      op: 'Shape',
      domain: '',
      inputs: [input],
      outputs: [batch],
      attributes: { start: int(axis), end: int(axis + 1) },
    })
  }
  return { calls, tensors, provides }

  /** A number that is proportional to the batch, or to its inverse. */
  function fillOfBatch(value: Value, twin: Value): void {
    const name = valueName(value)
    const [a, b] = [value.fill as number, twin.fill as number]
    const near = (x: number, y: number): boolean => Math.abs(x - y) <= 1e-5 * Math.abs(x)
    const inverse = near(a * pair.batch, b * pair.otherBatch)
    if (!inverse && !near(a / pair.batch, b / pair.otherBatch)) throw differs(`the number ${a}`)
    const factor = inverse ? a * pair.batch : a / pair.batch
    const data = Float32Array.of(factor)
    tensors.push({ name: `${name}_factor`, shape: [], type: 'float32', data })
    const scalar = add('Squeeze', [batch], `${name}_batch`)
    const number = add('Cast', [scalar], `${name}_number`, { to: int(1) })
    const result = add(inverse ? 'Div' : 'Mul', [`${name}_factor`, number], `${name}_value`)
    if (value.type !== 'float32') throw differs(`the whole number ${a}`)
    add('Expand', [result, sizes(`${name}_shape`, value.shape, twin.shape)], name)
    provides.add(value)
  }

  /** Numbers in equal steps, as offsets of rows are. */
  function progression(value: Value, twin: Value): void {
    const [a, b] = [numbers(value), numbers(twin)]
    const step = (a[1] ?? 0) - (a[0] ?? 0)
    const even = (list: readonly number[]): boolean =>
      list.every((number, index) => number === (a[0] as number) + step * index)
    if (value.type !== 'int32' || !even(a) || !even(b)) throw differs('the values of a constant')
    const name = valueName(value)
    const factor = factorOf(sizeOf(value.shape), sizeOf(twin.shape), pair)
    if (factor === undefined) throw differs('the size of a constant')
    const scalarOf = (suffix: string, number: number): string => {
      tensors.push({ name: `${name}_${suffix}`, shape: [], type: 'int64', data: int64([number]) })
      return `${name}_${suffix}`
    }
    const one = add('Squeeze', [batch], `${name}_batch`)
    const count = add('Mul', [one, scalarOf('factor', factor * step)], `${name}_reach`)
    const start = scalarOf('start', a[0] as number)
    const end = add('Add', [count, start], `${name}_end`)
    const range = add('Range', [start, end, scalarOf('step', step)], `${name}_range`)
    const whole32 = add('Cast', [range], `${name}_int32`, { to: int(6) })
    add('Reshape', [whole32, sizes(`${name}_shape`, value.shape, twin.shape)], name)
    provides.add(value)
  }
}

function numbers(value: Value): number[] {
  const size = sizeOf(value.shape)
  if (value.fill !== undefined) return new Array<number>(size).fill(value.fill)
  return Array.from(value.data as Float32Array, Number)
}

function constantOf(value: Value): Float32Array | Int32Array | Uint8Array {
  const fill = value.fill as number
  if (value.type === 'float32') return Float32Array.of(fill)
  return value.type === 'int32' ? Int32Array.of(fill) : Uint8Array.of(fill)
}

function differs(what: string): WinnowError {
  return new WinnowError(
    `exportOnnx: the function does something else at another batch size (${what}), so the batch cannot be left open; ` +
      'give all sizes as numbers',
  )
}
