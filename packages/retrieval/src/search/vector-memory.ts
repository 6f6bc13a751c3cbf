/**
 * Vectors side by side in a WebAssembly memory, where their products are made by SIMD: four to eight values at once, which
 * JavaScript cannot. Where WebAssembly is forbidden a loop does the same, slower.
 */

/** A page of WebAssembly's memory. */
const PAGE = 65_536
/** Values of which the function takes eight at a time. */
const STEP = 8

type Product = (left: number, right: number, end: number) => number

/** Rows of `width` float32 values, and one vector that all are compared with. */
export class VectorMemory {
  readonly #width: number
  /** Bytes of a row: whole steps, the rest zeros. */
  readonly #stride: number
  readonly #memory: WebAssembly.Memory | undefined
  readonly #product: Product
  #values: Float32Array

  /** @param simd false for the loop */
  constructor(width: number, options: { readonly simd?: boolean } = {}) {
    this.#width = width
    this.#stride = 4 * STEP * Math.ceil(width / STEP)
    const made = options.simd === false ? undefined : simdProduct()
    this.#memory = made?.memory
    this.#product = made?.product ?? ((left, right, end) => this.#loop(left, right, end))
    this.#values =
      made === undefined ? new Float32Array(PAGE / 4) : new Float32Array(made.memory.buffer)
    this.#reserve(1)
  }

  /** Puts a vector in a row. */
  set(row: number, vector: Float32Array): void {
    this.#reserve(row + 2)
    this.#values.set(vector, ((row + 1) * this.#stride) / 4)
  }

  /** A row's values, valid until the next `set`. */
  get(row: number): Float32Array {
    const begin = ((row + 1) * this.#stride) / 4
    return this.#values.subarray(begin, begin + this.#width)
  }

  /** The vector that {@link similarity} compares with. */
  aim(vector: Float32Array): void {
    this.#values.set(vector)
  }

  /** The product of the vector aimed at and a row. */
  similarity(row: number): number {
    const stride = this.#stride
    return this.#product(0, (row + 1) * stride, stride)
  }

  /** The product of two rows. */
  between(one: number, other: number): number {
    const stride = this.#stride
    return this.#product((one + 1) * stride, (other + 1) * stride, (one + 2) * stride)
  }

  #reserve(rows: number): void {
    const needed = rows * this.#stride
    const there = this.#values.byteLength
    if (needed <= there) return
    const pages = Math.ceil(Math.max(1.5 * there, needed) / PAGE)
    if (this.#memory === undefined) {
      const values = new Float32Array((pages * PAGE) / 4)
      values.set(this.#values)
      this.#values = values
    } else {
      this.#memory.grow(pages - there / PAGE)
      this.#values = new Float32Array(this.#memory.buffer)
    }
  }

  #loop(left: number, right: number, end: number): number {
    const values = this.#values
    let [a, b, c, d] = [0, 0, 0, 0]
    for (let i = left / 4, j = right / 4; i < end / 4; i += 4, j += 4) {
      a += (values[i] as number) * (values[j] as number)
      b += (values[i + 1] as number) * (values[j + 1] as number)
      c += (values[i + 2] as number) * (values[j + 2] as number)
      d += (values[i + 3] as number) * (values[j + 3] as number)
    }
    return a + b + (c + d)
  }
}

let compiled: WebAssembly.Module | undefined | 'none'

function simdProduct():
  | { readonly memory: WebAssembly.Memory; readonly product: Product }
  | undefined {
  try {
    compiled ??= new WebAssembly.Module(productModule())
    if (compiled === 'none') return undefined
    const memory = new WebAssembly.Memory({ initial: 1 })
    const { exports } = new WebAssembly.Instance(compiled, { m: { m: memory } })
    return { memory, product: exports['p'] as Product }
  } catch {
    // A page may forbid it, and old engines do not know SIMD.
    compiled = 'none'
    return undefined
  }
}

/**
 * The module by its bytes:
 *
 *     (func (export "p") (param $left i32) (param $right i32) (param $end i32) (result f32) (local $a v128) (local $b v128)
 *       (loop
 *         $a += load($left) * load($right);  $b += load($left + 16) * load($right + 16)
 *         $left += 32;  $right += 32;  (br_if 0 (i32.lt_u $left $end)))
 *       the sum of the lanes of $a + $b)
 */
function productModule(): Uint8Array<ArrayBuffer> {
  const [get, set] = [(local: number) => [0x20, local], (local: number) => [0x21, local]]
  const load = (local: number, offset: number): number[] => [...get(local), 0xfd, 0x00, 4, offset]
  const [multiply, add] = [
    [0xfd, 0xe6, 0x01],
    [0xfd, 0xe4, 0x01],
  ] as const
  const gain = (sum: number, offset: number): number[] => [
    ...[...get(sum), ...load(0, offset), ...load(1, offset), ...multiply, ...add, ...set(sum)],
  ]
  const advance = (local: number): number[] => [...get(local), 0x41, 0x20, 0x6a, ...set(local)]
  const lane = (index: number): number[] => [...get(3), 0xfd, 0x1f, index]
  const body = [
    ...[1, 2, 0x7b],
    ...[0x03, 0x40, ...gain(3, 0), ...gain(4, 16), ...advance(0), ...advance(1)],
    ...[...get(0), ...get(2), 0x49, 0x0d, 0, 0x0b],
    ...[...get(3), ...get(4), ...add, ...set(3)],
    ...[...lane(0), ...lane(1), 0x92, ...lane(2), ...lane(3), 0x92, 0x92, 0x0b],
  ]
  const section = (id: number, content: readonly number[]): number[] => [
    id,
    content.length,
    ...content,
  ]
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, 3, 0x7f, 0x7f, 0x7f, 1, 0x7d]),
    ...section(2, [1, 1, 0x6d, 1, 0x6d, 0x02, 0x00, 1]),
    ...section(3, [1, 0]),
    ...section(7, [1, 1, 0x70, 0x00, 0]),
    ...section(10, [1, body.length, ...body]),
  ])
}
