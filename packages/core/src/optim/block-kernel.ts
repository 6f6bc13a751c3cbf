/**
 * A recorded loop run in plain JavaScript, without generating code (a page's content policy may forbid that):
 * one operation after another over a block that stays in the cache.
 */
import type { BinaryName, UnaryName } from './algebra.ts'
import { type ElementwiseProgram, type Operation, uniformOperations } from './program.ts'

/** Runs a program in place over arrays of one length. */
export type Kernel = (arrays: readonly Float32Array[], scalars: readonly number[]) => void

const BLOCK = 1024

type Work = (out: Float32Array, a: Float32Array, b: Float32Array, length: number) => void

/** A kernel in plain JavaScript; every operation rounds to float32, as the other interpretations do. */
export function blockKernel(program: ElementwiseProgram): Kernel {
  const { operations, results } = program
  const uniform = uniformOperations(program)
  const registers = operations.map(({ name, ...operation }) => {
    const register = new Float32Array(BLOCK)
    if (name === 'constant' && 'value' in operation) register.fill(operation.value)
    return register
  })

  return (arrays, scalars) => {
    const length = arrays[0]?.length ?? 0
    for (const [index, operation] of operations.entries()) {
      const register = registers[index] as Float32Array
      if (operation.name === 'scalar') register.fill(scalars[operation.index] as number)
      else if (uniform[index]) compute(operation, register, 0, BLOCK)
    }
    for (let start = 0; start < length; start += BLOCK) {
      const count = Math.min(BLOCK, length - start)
      for (const [index, operation] of operations.entries()) {
        if (!uniform[index]) compute(operation, registers[index] as Float32Array, start, count)
      }
      for (const { array, operation } of results) {
        const values = registers[operation] as Float32Array
        arrays[array]?.set(count === BLOCK ? values : values.subarray(0, count), start)
      }
    }

    function compute(operation: Operation, out: Float32Array, start: number, count: number): void {
      if (operation.name === 'array') {
        out.set((arrays[operation.index] as Float32Array).subarray(start, start + count))
      } else if ('a' in operation) {
        const a = registers[operation.a] as Float32Array
        const b = 'b' in operation ? (registers[operation.b] as Float32Array) : a
        WORK[operation.name](out, a, b, count)
      }
    }
  }
}

// Each loop is a function of its own, so that the compiler specialises it.
const WORK: Readonly<Record<BinaryName | UnaryName, Work>> = {
  add: (out, a, b, length) => {
    for (let i = 0; i < length; i++) out[i] = (a[i] as number) + (b[i] as number)
  },
  sub: (out, a, b, length) => {
    for (let i = 0; i < length; i++) out[i] = (a[i] as number) - (b[i] as number)
  },
  mul: (out, a, b, length) => {
    for (let i = 0; i < length; i++) out[i] = (a[i] as number) * (b[i] as number)
  },
  div: (out, a, b, length) => {
    for (let i = 0; i < length; i++) out[i] = (a[i] as number) / (b[i] as number)
  },
  max: (out, a, b, length) => {
    for (let i = 0; i < length; i++) out[i] = Math.max(a[i] as number, b[i] as number)
  },
  min: (out, a, b, length) => {
    for (let i = 0; i < length; i++) out[i] = Math.min(a[i] as number, b[i] as number)
  },
  sqrt: (out, a, _, length) => {
    for (let i = 0; i < length; i++) out[i] = Math.sqrt(a[i] as number)
  },
  abs: (out, a, _, length) => {
    for (let i = 0; i < length; i++) out[i] = Math.abs(a[i] as number)
  },
  sign: (out, a, _, length) => {
    for (let i = 0; i < length; i++)
      out[i] = Number((a[i] as number) > 0) - Number((a[i] as number) < 0)
  },
}
