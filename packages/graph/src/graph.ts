/**
 * The graph: nodes of ONNX operators on values of static shape. Equal nodes are made once (common subexpressions).
 */
import type { ElementType, HostArray } from './element.ts'
import { byteLength, hostArray, sizeOf } from './element.ts'

/** An attribute of a node, as ONNX types them. */
export type Attribute =
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'ints'; readonly value: readonly number[] }
  | { readonly kind: 'floats'; readonly value: readonly number[] }

/** The attributes of a node by name. */
export type Attributes = Readonly<Record<string, Attribute>>

export const int = (value: number): Attribute => ({ kind: 'int', value })
export const float = (value: number): Attribute => ({ kind: 'float', value })
export const text = (value: string): Attribute => ({ kind: 'text', value })
export const ints = (value: readonly number[]): Attribute => ({ kind: 'ints', value })

/** Shape and element type of a value. */
export interface ValueSpec {
  readonly shape: readonly number[]
  readonly type: ElementType
}

/** One tensor in a graph: made by a node, or a constant, or fed. */
export interface Value extends ValueSpec {
  readonly graph: Graph
  readonly id: number
  /** The node that makes it; undefined for constants and fed values. */
  readonly node: Node | undefined
  /** Every element equals this number. Such a value needs no bytes. */
  readonly fill: number | undefined
  /** Constant values. */
  readonly data: HostArray | undefined
  /** What the host feeds in: a placeholder of a trace, or a tensor from outside. */
  readonly source: unknown
}

/** One operator. */
export interface Node {
  readonly op: string
  readonly domain: string
  readonly attributes: Attributes
  readonly inputs: readonly (Value | undefined)[]
  readonly outputs: readonly Value[]
  /** Operator, attributes and input ids: equal keys mean equal results. */
  readonly key: string
}

/** Constants up to this many elements are written into the model; larger ones are fed by reference. */
const bakedElements = 64

/** Records nodes in order. */
export class Graph {
  /** Bytes of all values that nodes have made: an upper bound of what a run holds. */
  bytes = 0
  /** Number of nodes recorded. */
  nodeCount = 0
  /** Whether it will be written for any runtime: operators stay whole there, whatever is faster here. */
  readonly portable: boolean
  #nextId = 0
  readonly #nodes = new Map<string, Node>()
  readonly #constants = new Map<string, Value>()
  readonly #sources = new Map<unknown, Value>()

  constructor(portable = false) {
    this.portable = portable
  }

  /**
   * Adds a node with one output, or finds the equal one. A value without elements becomes a constant.
   *
   * @param purpose keeps nodes apart that are equal otherwise
   */
  emit(
    op: string,
    inputs: readonly (Value | undefined)[],
    output: ValueSpec,
    attributes: Attributes = {},
    domain = '',
    purpose = '',
  ): Value {
    if (sizeOf(output.shape) === 0) return this.fill(output.shape, 0, output.type)
    return this.emitMany(op, inputs, [output], attributes, domain, purpose)[0] as Value
  }

  /** Adds a node with several outputs. */
  emitMany(
    op: string,
    inputs: readonly (Value | undefined)[],
    outputs: readonly ValueSpec[],
    attributes: Attributes = {},
    domain = '',
    purpose = '',
  ): readonly Value[] {
    let key = op + purpose
    for (const input of inputs) key += input === undefined ? ',' : `,${input.id}`
    for (const name in attributes) key += `;${name}=${attributes[name]?.value}`
    for (const output of outputs) key += `>${output.type}[${output.shape}]`
    const known = this.#nodes.get(key)
    if (known !== undefined) return known.outputs
    const values: Value[] = []
    const node: Node = { op, domain, attributes, inputs, outputs: values, key }
    for (const { shape, type } of outputs) {
      values.push(this.#value(shape, type, { node }))
      this.bytes += byteLength(shape, type)
    }
    this.#nodes.set(key, node)
    this.nodeCount++
    return values
  }

  /** A value whose elements all equal `value`. */
  fill(shape: readonly number[], value: number, type: ElementType): Value {
    const key = `${type}[${shape}]=${Object.is(value, -0) ? '-0' : value}`
    return this.#constant(key, () => this.#value(shape, type, { fill: value }))
  }

  /** A constant. `data` must not change afterwards. */
  constant(data: HostArray, shape: readonly number[], type: ElementType): Value {
    const first = data[0]
    if (
      first !== undefined &&
      typeof first === 'number' &&
      isUniform(data as Float32Array, first)
    ) {
      return this.fill(shape, first, type)
    }
    if (data.length > bakedElements) return this.#source(data, shape, type, data)
    return this.#constant(`${type}[${shape}]:${data.join()}`, () =>
      this.#value(shape, type, { data }),
    )
  }

  /** A constant vector of int64, as the shape arguments of ONNX operators are. */
  int64(values: readonly number[]): Value {
    const data = hostArray('int64', values.length) as BigInt64Array
    for (const [index, value] of values.entries()) data[index] = BigInt(value)
    const key = `int64[${values.length}]:${values.join()}`
    return this.#constant(key, () => this.#value([values.length], 'int64', { data }))
  }

  /** The value that stands for `source`, which the host feeds at every run. */
  input(source: unknown, shape: readonly number[], type: ElementType): Value {
    return this.#source(source, shape, type, undefined)
  }

  /** The value that stands for `source`, if it has been asked for. */
  find(source: unknown): Value | undefined {
    return this.#sources.get(source)
  }

  /** Every fed value, in the order in which they came. */
  get inputs(): readonly Value[] {
    return [...this.#sources.values()]
  }

  #source(source: unknown, shape: readonly number[], type: ElementType, data?: HostArray): Value {
    const known = this.#sources.get(source)
    if (known !== undefined) return known
    const value = this.#value(shape, type, { source, data })
    this.#sources.set(source, value)
    return value
  }

  #constant(key: string, make: () => Value): Value {
    let value = this.#constants.get(key)
    if (value === undefined) {
      value = make()
      this.#constants.set(key, value)
    }
    return value
  }

  #value(
    shape: readonly number[],
    type: ElementType,
    of: { node?: Node; fill?: number; data?: HostArray | undefined; source?: unknown },
  ): Value {
    const { node, fill, data, source } = of
    return { graph: this, id: this.#nextId++, shape, type, node, fill, data, source }
  }
}

function isUniform(data: Float32Array, first: number): boolean {
  for (let i = 1; i < data.length; i++) if (!Object.is(data[i], first)) return false
  return true
}
