/**
 * A recorded loop as a WebAssembly module of a few hundred bytes: four numbers at a time (SIMD), all operations in
 * registers, nothing written but the results.
 *
 * It exports `run(count, pointer of each array..., scalars...)` over an imported memory; `count` is a multiple of 4.
 */
import type { BinaryName } from './algebra.ts'
import { type ElementwiseProgram, type Operation, uniformOperations } from './program.ts'

const I32 = 0x7f
const F32 = 0x7d
const V128 = 0x7b
const VOID = 0x40

// Opcodes after the SIMD prefix.
const LOAD = 0x00
const STORE = 0x0b
const SPLAT = 0x13
const LESS = 0x43
const GREATER = 0x44
const AND = 0x4e
const SUB = 0xe5
const UNARY = { abs: 0xe0, sqrt: 0xe3 } as const
const BINARY: Readonly<Record<BinaryName, number>> = {
  add: 0xe4,
  sub: SUB,
  mul: 0xe6,
  div: 0xe7,
  min: 0xe8,
  max: 0xe9,
}

/** The module's bytes. */
export function wasmModule(program: ElementwiseProgram): Uint8Array<ArrayBuffer> {
  const { arrays, scalars } = program
  const parameters = [I32, ...Array(arrays).fill(I32), ...Array(scalars).fill(F32)]
  const body = functionBody(program)
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, [1, 0x60, ...vector(parameters), 0]),
    // memory.of, at least one page, not shared
    ...section(2, [1, ...text('memory'), ...text('of'), 0x02, 0x00, 1]),
    ...section(3, [1, 0]),
    ...section(7, [1, ...text('run'), 0x00, 0]),
    ...section(10, [1, ...unsigned(body.length), ...body]),
  ])
}

function functionBody(program: ElementwiseProgram): number[] {
  const { operations, arrays, scalars, results } = program
  const uniform = uniformOperations(program)
  const pointer = (array: number): number => 1 + array
  const scalar = (index: number): number => 1 + arrays + index
  const offset = 1 + arrays + scalars
  const register = (operation: number): number => offset + 1 + operation
  const one = register(operations.length)
  const zero = one + 1

  const get = (local: number): number[] => [0x20, ...unsigned(local)]
  const set = (local: number): number[] => [0x21, ...unsigned(local)]
  const splat = (value: number): number[] => [0x43, ...float(value), ...simd(SPLAT)]
  const address = (array: number): number[] => [...get(pointer(array)), ...get(offset), 0x6a]

  const value = (operation: Operation): number[] => {
    const argument = (index: number): number[] => get(register(index))
    switch (operation.name) {
      case 'array':
        return [...address(operation.index), ...simd(LOAD), 2, 0]
      case 'scalar':
        return [...get(scalar(operation.index)), ...simd(SPLAT)]
      case 'constant':
        return splat(operation.value)
      case 'sign': {
        // (a > 0 ? 1 : 0) - (a < 0 ? 1 : 0)
        const masked = (comparison: number): number[] => [
          ...argument(operation.a),
          ...get(zero),
          ...simd(comparison),
          ...get(one),
          ...simd(AND),
        ]
        return [...masked(GREATER), ...masked(LESS), ...simd(SUB)]
      }
      case 'abs':
      case 'sqrt':
        return [...argument(operation.a), ...simd(UNARY[operation.name])]
      default:
        return [...argument(operation.a), ...argument(operation.b), ...simd(BINARY[operation.name])]
    }
  }
  const compute = (wanted: boolean): number[] =>
    operations.flatMap((operation, index) =>
      uniform[index] === wanted ? [...value(operation), ...set(register(index))] : [],
    )

  const locals = [2, ...[1, I32], ...unsigned(operations.length + 2), V128]
  const count = 0
  const code = [
    // count becomes the end of the offset, in bytes
    ...[...get(count), 0x41, 2, 0x74, ...set(count)],
    ...[...splat(1), ...set(one)],
    ...compute(true),
    ...[0x02, VOID, ...get(count), 0x45, 0x0d, 0],
    ...[0x03, VOID],
    ...compute(false),
    ...results.flatMap(({ array, operation }) => [
      ...address(array),
      ...get(register(operation)),
      ...[...simd(STORE), 2, 0],
    ]),
    ...[...get(offset), 0x41, 16, 0x6a, 0x22, ...unsigned(offset)],
    ...[...get(count), 0x49, 0x0d, 0],
    ...[0x0b, 0x0b, 0x0b],
  ]
  return [...locals, ...code]
}

function simd(opcode: number): number[] {
  return [0xfd, ...unsigned(opcode)]
}

function section(id: number, content: readonly number[]): number[] {
  return [id, ...unsigned(content.length), ...content]
}

function vector(items: readonly number[]): number[] {
  return [...unsigned(items.length), ...items]
}

function text(characters: string): number[] {
  return vector([...characters].map((character) => character.charCodeAt(0)))
}

function float(value: number): Uint8Array {
  return new Uint8Array(new Float32Array([value]).buffer)
}

/** LEB128. */
function unsigned(value: number): number[] {
  const bytes: number[] = []
  let rest = value
  do {
    bytes.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0))
    rest >>>= 7
  } while (rest > 0)
  return bytes
}
