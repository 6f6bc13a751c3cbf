/**
 * The two loops over rows that sparse codes are made of, as a WebAssembly module of some two hundred bytes: `out += a x`
 * and the inner product, sixteen numbers at a time (SIMD). In JavaScript where WebAssembly SIMD is missing or forbidden.
 */

/** Rows are padded with zeros to multiples of this many numbers. */
const LANES = 16
const PAGE = 65536

/** One memory of numbers, and the loops over it. Offsets and lengths count numbers and are multiples of {@link LANES}. */
export interface RowKernel {
  /** At least `length` numbers, whose values are those left by the last use: it is shared by all calls. */
  reserve(length: number): Float32Array
  /** memory[out...] += factor * memory[row...] over `length` numbers. */
  addScaled(length: number, out: number, row: number, factor: number): void
  /** The inner product of two rows of `length` numbers. */
  dot(length: number, a: number, b: number): number
}

/** How far apart rows of `width` numbers lie. */
export function strideOf(width: number): number {
  return Math.ceil(width / LANES) * LANES
}

let shared: RowKernel | undefined

/** The kernel, made once. */
export function rowKernel(): RowKernel {
  shared ??= wasmRowKernel() ?? plainRowKernel()
  return shared
}

/** Undefined where WebAssembly SIMD cannot be used. */
export function wasmRowKernel(): RowKernel | undefined {
  try {
    const memory = new WebAssembly.Memory({ initial: 1 })
    const module = new WebAssembly.Module(moduleBytes())
    const { exports } = new WebAssembly.Instance(module, { memory: { of: memory } })
    const add = exports['add'] as (bytes: number, out: number, row: number, factor: number) => void
    const dot = exports['dot'] as (bytes: number, a: number, b: number) => number
    return {
      reserve(length) {
        const missing = length * 4 - memory.buffer.byteLength
        if (missing > 0) memory.grow(Math.ceil(missing / PAGE))
        return new Float32Array(memory.buffer)
      },
      addScaled: (length, out, row, factor) => add(length * 4, out * 4, row * 4, factor),
      dot: (length, a, b) => dot(length * 4, a * 4, b * 4),
    }
  } catch {
    return undefined
  }
}

/** The same in JavaScript. */
export function plainRowKernel(): RowKernel {
  let memory = new Float32Array(0)
  return {
    reserve(length) {
      if (memory.length < length) memory = new Float32Array(length)
      return memory
    },
    addScaled(length, out, row, factor) {
      for (let i = 0; i < length; i++) {
        memory[out + i] = (memory[out + i] as number) + factor * (memory[row + i] as number)
      }
    },
    dot(length, a, b) {
      let sum = 0
      for (let i = 0; i < length; i++) sum += (memory[a + i] as number) * (memory[b + i] as number)
      return sum
    },
  }
}

const I32 = 0x7f
const F32 = 0x7d
const V128 = 0x7b

function moduleBytes(): Uint8Array<ArrayBuffer> {
  const bodies = [addBody(), dotBody()].map((body) => [...unsigned(body.length), ...body])
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, [2, 0x60, 4, I32, I32, I32, F32, 0, 0x60, 3, I32, I32, I32, 1, F32]),
    // memory.of, at least one page, not shared
    ...section(2, [1, ...text('memory'), ...text('of'), 0x02, 0x00, 1]),
    ...section(3, [2, 0, 1]),
    ...section(7, [2, ...text('add'), 0x00, 0, ...text('dot'), 0x00, 1]),
    ...section(10, [2, ...bodies.flat()]),
  ])
}

/** (bytes, out, row, factor); local 4 holds the factor in four lanes. */
function addBody(): number[] {
  const step = (offset: number): number[] => [
    ...get(1),
    ...[...get(1), ...load(offset)],
    ...[...get(2), ...load(offset), ...get(4), ...simd(MUL), ...simd(ADD)],
    ...simd(STORE),
    ...[2, offset],
  ]
  return [
    ...[1, 1, V128],
    ...[...get(3), ...simd(SPLAT), ...set(4)],
    ...loop([0, 16, 32, 48].flatMap(step), 2),
    0x0b,
  ]
}

/** (bytes, a, b); locals 3 and 4 are partial sums. */
function dotBody(): number[] {
  const step = (offset: number): number[] => {
    const sum = offset % 32 === 0 ? 3 : 4
    const products = [...get(1), ...load(offset), ...get(2), ...load(offset), ...simd(MUL)]
    return [...get(sum), ...products, ...simd(ADD), ...set(sum)]
  }
  const lane = (index: number): number[] => [...get(3), ...simd(LANE), index]
  return [
    ...[1, 2, V128],
    ...loop([0, 16, 32, 48].flatMap(step), 2),
    ...[...get(3), ...get(4), ...simd(ADD), ...set(3)],
    ...[...lane(0), ...lane(1), 0x92, ...lane(2), ...lane(3), 0x92, 0x92],
    0x0b,
  ]
}

/** Runs `code` until the pointer in local 1 has gone on by the bytes in local 0; local `other` goes with it. */
function loop(code: readonly number[], other: number): number[] {
  const advance = (local: number): number[] => [...get(local), 0x41, 0xc0, 0x00, 0x6a]
  return [
    ...[...get(0), ...get(1), 0x6a, ...set(0)],
    ...[0x03, 0x40, ...code],
    ...[...advance(other), ...set(other)],
    ...[...advance(1), 0x22, 1],
    ...[...get(0), 0x49, 0x0d, 0, 0x0b],
  ]
}

const LOAD = 0x00
const STORE = 0x0b
const SPLAT = 0x13
const LANE = 0x1f
const ADD = 0xe4
const MUL = 0xe6

const get = (local: number): number[] => [0x20, local]
const set = (local: number): number[] => [0x21, local]
const simd = (opcode: number): number[] => [0xfd, ...unsigned(opcode)]
const load = (offset: number): number[] => [...simd(LOAD), 2, offset]

function section(id: number, content: readonly number[]): number[] {
  return [id, ...unsigned(content.length), ...content]
}

function text(characters: string): number[] {
  return [characters.length, ...[...characters].map((character) => character.charCodeAt(0))]
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
