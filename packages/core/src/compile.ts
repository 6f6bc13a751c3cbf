/**
 * `compile(fn)` runs a function of tensors under the rule of capture: traced once per signature and replayed as one
 * graph where the backend can trace (`onnx`), as a tidy eager call elsewhere.
 *
 * Parameters and States are slots, read again at every call; tensors that existed before become inputs; random draws
 * come from an `Rng` among the arguments; plain fields of modules join the signature; reading a value throws.
 */
import type { Tensor, TypedArray } from '@tensorflow/tfjs-core'
import { getBackend } from '@tensorflow/tfjs-core'
import { prepareBackend } from './backend/prepare.ts'
import { runEagerly } from './compile-eager.ts'
import { TracedCall } from './compile-traced.ts'
import type { Module } from './module.ts'
import type { Slot } from './slot.ts'
import { activeTracer } from './tracer.ts'
import { signatureOf, tensorsOf } from './tree.ts'

/** Options of {@link compile}. */
export interface CompileOptions<R> {
  /** Modules that `fn` closes over: their plain fields join the signature. Modules among the arguments do by themselves. */
  readonly modules?: readonly Module[]
  /** Asked after the run and before slots change; when it says no, every write to a slot is dropped. */
  readonly commitIf?: (result: R) => boolean | Promise<boolean>
  /**
   * Where tensors of the result shall lie on the host, for a backend that traces: asked once for each trace, with the
   * result as it was recorded. Each call overwrites them.
   */
  readonly storage?: (result: R) => ReadonlyMap<Tensor, TypedArray>
}

/** A compiled function: asynchronous; the tensors of its result belong to the caller. */
export interface Compiled<A extends readonly unknown[], R> extends Disposable {
  (...args: A): Promise<R>
  /** How often the function was traced; always 0 where the backend does not trace. */
  readonly traces: number
  /** Disposes the recorded programs. The next call records anew. */
  dispose(): void
}

/** As many programs are kept as there are shapes in ordinary use; the oldest goes first. */
const PROGRAMS_KEPT = 64

/**
 * Makes an asynchronous function of `fn`, which is traced once for each signature of its arguments and then replayed
 * where the backend can trace, and runs as a tidy eager call elsewhere. Random draws must come from an `Rng` argument.
 *
 * @throws WinnowError, from the compiled function, when `fn` reads a value: use {@link hostCall} for host work
 */
export function compile<A extends readonly unknown[], R>(
  fn: (...args: A) => R,
  options: CompileOptions<R> = {},
): Compiled<A, R> {
  const { modules = [], commitIf, storage } = options
  const programs = new Map<string, TracedCall>()
  let traces = 0

  const traced = async (args: A): Promise<{ result: R; writes: Map<Slot, Tensor> }> => {
    const signature = [getBackend(), signatureOf(args), signatureOf(modules)].join('|')
    let program = programs.get(signature)
    if (program === undefined) {
      traces++
      program = new TracedCall(
        fn as unknown as (...args: unknown[]) => unknown,
        args,
        storage as ((result: unknown) => ReadonlyMap<Tensor, TypedArray>) | undefined,
      )
      if (programs.size >= PROGRAMS_KEPT) {
        const [oldest] = programs.keys()
        programs.get(oldest as string)?.dispose()
        programs.delete(oldest as string)
      }
    } else {
      programs.delete(signature)
    }
    programs.set(signature, program)
    const { result, writes } = await program.run(args)
    return { result: result as R, writes }
  }

  const call = async (...args: A): Promise<R> => {
    prepareBackend()
    const run = activeTracer() === undefined ? runEagerly(fn, args) : traced(args)
    const { result, writes } = await run
    let commit = false
    try {
      commit = commitIf === undefined || (await commitIf(result))
    } catch (thrown) {
      // Nobody else knows of them.
      for (const own of [...tensorsOf(result), ...writes.values()]) own.dispose()
      throw thrown
    }
    for (const [slot, value] of writes) {
      if (commit) slot.assign(value)
      else value.dispose()
    }
    return result
  }

  const dispose = (): void => {
    for (const program of programs.values()) program.dispose()
    programs.clear()
  }
  return Object.defineProperties(call, {
    traces: { get: () => traces },
    dispose: { value: dispose },
    [Symbol.dispose]: { value: dispose },
  }) as Compiled<A, R>
}
