/**
 * Float32Arrays that lie in one WebAssembly memory, where generated loops update them without a copy.
 *
 * The size is fixed: a memory that grew would detach every array. The first pages are the kernels' own.
 */
import { check } from '../error.ts'

const PAGE = 65536
/** Numbers in one block of {@link Arena.scratch}. */
export const SCRATCH_LENGTH = 4096
/** How many blocks of scratch there are. */
export const SCRATCH_BLOCKS = 16
const SCRATCH_BYTES = SCRATCH_LENGTH * SCRATCH_BLOCKS * 4

/** One WebAssembly memory of fixed size, from which {@link fuse} takes the arrays that its loops update. */
export class Arena {
  readonly memory: WebAssembly.Memory
  readonly #scratch: readonly Float32Array[]
  #next: number = SCRATCH_BYTES

  /** @param capacity how many numbers will be allocated; each array is rounded up to a multiple of 4 */
  constructor(capacity = 0) {
    check(
      Number.isSafeInteger(capacity) && capacity >= 0,
      () => `Arena: capacity: ${capacity} came, expected a whole number >= 0`,
    )
    this.memory = new WebAssembly.Memory({
      initial: Math.ceil((SCRATCH_BYTES + capacity * 4) / PAGE),
    })
    this.#scratch = Array.from(
      { length: SCRATCH_BLOCKS },
      (_, block) =>
        new Float32Array(this.memory.buffer, block * SCRATCH_LENGTH * 4, SCRATCH_LENGTH),
    )
  }

  /** An array of zeros in the memory. It cannot be given back. */
  allocate(length: number): Float32Array {
    const bytes = Math.ceil(length / 4) * 16
    const free = this.memory.buffer.byteLength - this.#next
    check(bytes <= free, () => `Arena: ${length} numbers asked for, room for ${free / 4} is left`)
    const array = new Float32Array(this.memory.buffer, this.#next, length)
    this.#next += bytes
    return array
  }

  /** Whether an array lies in this memory. */
  holds(array: Float32Array): boolean {
    return array.buffer === this.memory.buffer
  }

  /** The block of scratch numbered `index`, overwritten by every kernel. */
  scratch(index: number): Float32Array {
    const block = this.#scratch[index]
    check(
      block !== undefined,
      () => `Arena: there are ${SCRATCH_BLOCKS} blocks of scratch, not ${index + 1}`,
    )
    return block
  }
}

/** How many numbers an {@link Arena} must hold for arrays of these lengths. */
export function arenaCapacity(lengths: Iterable<number>): number {
  let capacity = 0
  for (const length of lengths) capacity += Math.ceil(length / 4) * 4
  return capacity
}
