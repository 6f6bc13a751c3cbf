/**
 * A whole optimiser as one loop in place over typed arrays, for engines that keep parameters on the host.
 *
 * The same rules that {@link elementwise} runs by tfjs operations are recorded per parameter and run by a generated
 * WebAssembly SIMD loop. Every operation rounds to float32 in both, so that they give the same bits.
 */
import { check } from '../error.ts'
import type { Parameter } from '../slot.ts'
import { Arena } from './arena.ts'
import type { Named, Optimizer } from './optimizer.ts'
import { type ElementwiseProgram, GLOBAL_NORM, recordUpdate } from './program.ts'
import { type Kernel, wasmKernel } from './wasm-kernel.ts'

/** The update of one parameter. */
export interface FusedUpdate {
  /** Paths in the optimiser's memory of the States it reads and replaces, as {@link slots} names them. */
  readonly stateNames: readonly string[]
  /** Keys of {@link Optimizer.scalars}, and `globalNorm` for the norm of all gradients where clipping needs it. */
  readonly scalarNames: readonly string[]
  /** Updates parameter and States in place; all arrays have the parameter's length. The gradient is only read. */
  run(arrays: FusedArrays): void
}

/** What {@link FusedUpdate.run} reads and updates: arrays of the length of one parameter. */
export interface FusedArrays {
  readonly parameter: Float32Array
  readonly gradient: Float32Array
  /** In the order of `stateNames`. */
  readonly states: readonly Float32Array[]
  /** In the order of `scalarNames`. */
  readonly scalars: readonly number[]
}

/** What {@link FusedOptimizer.step} updates. */
export interface FusedStep {
  /** The number of updates made before this one. */
  readonly step: number
  readonly parameters: Named<Float32Array>
  readonly gradients: Named<Float32Array>
  /** By path in the optimiser's memory. */
  readonly states: Named<Float32Array>
  /** The norm of all gradients, if it is known already. */
  readonly globalNorm?: number
}

/** A whole optimiser in place. */
export interface FusedOptimizer {
  /** One for each parameter. */
  readonly updates: Named<FusedUpdate>
  /** Whether the norm of all gradients enters: then no gradient may be missing. */
  readonly needsNorm: boolean
  /** One update of every parameter that has a gradient. */
  step(arrays: FusedStep): void
}

/** Options of {@link fuse}. */
export interface FuseOptions {
  /** Where the arrays lie, if they do: they are then updated without a copy. */
  readonly arena?: Arena
}

/**
 * The optimiser as loops in place; undefined where a part of it is not elementwise (Muon, a norm in mid-chain), or where
 * WebAssembly SIMD is missing or a page's content policy forbids it: then use {@link Optimizer.update}.
 */
export function fuse(
  optimizer: Optimizer,
  parameters: Named<Parameter>,
  options: FuseOptions = {},
): FusedOptimizer | undefined {
  if (typeof WebAssembly === 'undefined') return undefined
  const { arena = new Arena() } = options
  const kernels = new Map<string, Kernel | undefined>()
  const kernelFor = (program: ElementwiseProgram): Kernel | undefined => {
    const key = JSON.stringify(program)
    if (!kernels.has(key)) kernels.set(key, wasmKernel(program, arena))
    return kernels.get(key)
  }

  const updates = new Map<string, FusedUpdate>()
  for (const [path, parameter] of parameters) {
    const stages = optimizer.stages?.(path, parameter)
    const recorded = stages && recordUpdate(stages)
    const kernel = recorded && kernelFor(recorded.program)
    if (recorded === undefined || kernel === undefined) return undefined
    updates.set(path, {
      stateNames: recorded.states.map((state) => `${state}.${path}`),
      scalarNames: recorded.scalars,
      run({ parameter: values, gradient, states, scalars }) {
        const arrays = [values, gradient, ...states]
        checkArrays(path, arrays, recorded.program)
        kernel(arrays, scalars)
      },
    })
  }
  const needsNorm = [...updates.values()].some(({ scalarNames }) =>
    scalarNames.includes(GLOBAL_NORM),
  )
  return {
    updates,
    needsNorm,
    step({ step, parameters: values, gradients, states, globalNorm }) {
      const scalars: Record<string, number> = { ...optimizer.scalars(step) }
      if (needsNorm) scalars[GLOBAL_NORM] = globalNorm ?? euclideanNorm(gradients.values())
      for (const [path, gradient] of gradients) {
        const update = find(updates, path, 'update')
        update.run({
          parameter: find(values, path, 'parameter'),
          gradient,
          states: update.stateNames.map((name) => find(states, name, 'State')),
          scalars: update.scalarNames.map((name) => scalars[name] as number),
        })
      }
    },
  }
}

/** The Euclidean norm of all arrays together, in float64. */
export function euclideanNorm(arrays: Iterable<Float32Array>): number {
  let total = 0
  for (const array of arrays) {
    // Four sums, which do not wait for each other.
    let [a, b, c, d] = [0, 0, 0, 0]
    let i = 0
    for (; i + 3 < array.length; i += 4) {
      a += (array[i] as number) ** 2
      b += (array[i + 1] as number) ** 2
      c += (array[i + 2] as number) ** 2
      d += (array[i + 3] as number) ** 2
    }
    for (; i < array.length; i++) a += (array[i] as number) ** 2
    total += a + b + (c + d)
  }
  return Math.sqrt(total)
}

function find<T>(values: Named<T>, name: string, kind: string): T {
  const value = values.get(name)
  check(value !== undefined, () => `fuse: there is no ${kind} '${name}'`)
  return value
}

function checkArrays(
  path: string,
  arrays: readonly Float32Array[],
  { arrays: count }: ElementwiseProgram,
): void {
  check(
    arrays.length === count && arrays.every((array) => array.length === arrays[0]?.length),
    () =>
      `fuse: '${path}': ${arrays.length} arrays of lengths ${arrays.map((a) => a.length)} came, expected ${count} of one length`,
  )
}
