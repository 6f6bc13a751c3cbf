/**
 * Runs a generated loop: directly on arrays that lie in its arena, block by block through scratch on others.
 */
import { type Arena, SCRATCH_BLOCKS, SCRATCH_LENGTH } from './arena.ts'
import type { ElementwiseProgram } from './program.ts'
import { wasmModule } from './wasm-module.ts'

/** Runs a program in place over arrays of one length. */
export type Kernel = (arrays: readonly Float32Array[], scalars: readonly number[]) => void

type Run = (count: number, ...pointersAndScalars: number[]) => void

/** The kernel in WebAssembly; undefined where that, or SIMD, is missing or forbidden, or the program is too large. */
export function wasmKernel(program: ElementwiseProgram, arena: Arena): Kernel | undefined {
  if (program.arrays > SCRATCH_BLOCKS) return undefined
  const run = instantiate(program, arena.memory)
  if (run === undefined) return undefined
  const replaced = new Set(program.results.map(({ array }) => array))
  const pointers = new Array<number>(program.arrays).fill(0)

  return (arrays, scalars) => {
    const length = arrays[0]?.length ?? 0
    const inside = arrays.map((array) => arena.holds(array))
    // The last few numbers go through scratch: a store of four would overrun the array.
    const direct = inside.every(Boolean) ? length - (length % 4) : 0
    if (direct > 0) run(direct, ...arrays.map((array) => array.byteOffset), ...scalars)
    for (let start = direct; start < length; start += SCRATCH_LENGTH) {
      const count = Math.min(SCRATCH_LENGTH, length - start)
      const whole = count % 4 === 0
      for (const [index, array] of arrays.entries()) {
        const scratch = arena.scratch(index)
        const stays = whole && inside[index]
        pointers[index] = stays ? array.byteOffset + start * 4 : scratch.byteOffset
        if (!stays) scratch.set(array.subarray(start, start + count))
      }
      run(Math.ceil(count / 4) * 4, ...pointers, ...scalars)
      for (const index of replaced) {
        if (whole && inside[index]) continue
        const scratch = arena.scratch(index)
        arrays[index]?.set(count === SCRATCH_LENGTH ? scratch : scratch.subarray(0, count), start)
      }
    }
  }
}

function instantiate(program: ElementwiseProgram, memory: WebAssembly.Memory): Run | undefined {
  try {
    const module = new WebAssembly.Module(wasmModule(program))
    return new WebAssembly.Instance(module, { memory: { of: memory } }).exports['run'] as Run
  } catch {
    return undefined
  }
}
