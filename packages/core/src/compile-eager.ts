/**
 * The eager side of {@link compile}: the same rule of capture, computed at once.
 */
import type { Tensor, TypedArray } from '@tensorflow/tfjs-core'
import { clone, keep, Tensor as TfTensor, tensor, tidy } from '@tensorflow/tfjs-core'
import { allowReads, type CaptureScope, type DrawValues, withScope } from './capture.ts'
import { WinnowError } from './error.ts'
import { readSynchronously, toTensors, valuesNow } from './host-call.ts'
import { Rng } from './rng.ts'
import type { Slot } from './slot.ts'
import type { HostFunction, TensorSpec } from './tracer.ts'
import { mapTree, tensorsOf } from './tree.ts'

/**
 * Copies (sharing memory) of tensors that must outlive the tidy in which they were made, such as a state that is written
 * inside a gradient.
 */
export class HeldTensors {
  #held: Tensor[] = []

  hold(value: Tensor): Tensor {
    const own = keep(clone(value))
    this.#held.push(own)
    return own
  }

  /** Disposes all but those that somebody else owns from here on. */
  release(given: Iterable<Tensor> = []): void {
    const kept = new Set(given)
    for (const tensor of this.#held) if (!kept.has(tensor)) tensor.dispose()
    this.#held = []
  }
}

/** Thrown through a step to leave it while host work is waited for. */
class Suspension {
  constructor(fn: HostFunction, inputs: readonly Tensor[]) {
    // Kept: the tidy that is being left would dispose them before they are read.
    this.#inputs = inputs.map((input) => keep(clone(input)))
    this.#fn = fn
  }

  readonly #fn: HostFunction
  readonly #inputs: readonly Tensor[]

  async answer(): Promise<readonly TypedArray[]> {
    try {
      const values = await Promise.all(this.#inputs.map((input) => input.data()))
      return await this.#fn(...(values as TypedArray[]))
    } finally {
      for (const input of this.#inputs) input.dispose()
    }
  }
}

class EagerScope implements CaptureScope {
  readonly #generators = new Set<object>()
  readonly #answers: (readonly TypedArray[])[] = []
  #calls = 0
  readonly #owned = new HeldTensors()
  #writes = new Map<Slot, Tensor>()
  #read = new Set<Tensor>()

  /** What the function gets in place of an argument's leaf. */
  argument(leaf: Tensor | Rng): Tensor | Rng {
    if (!(leaf instanceof Rng)) return leaf
    const argument = {}
    this.#generators.add(argument)
    return new Rng(leaf.state, { argument, path: [] })
  }

  read(slot: Slot, current: Tensor): Tensor {
    this.#read.add(current)
    return this.#writes.get(slot) ?? current
  }

  write(slot: Slot, value: Tensor): void {
    this.#writes.set(slot, this.#owned.hold(value))
  }

  draw(rng: Rng, { shape, dtype }: TensorSpec, generate: (rng: Rng) => DrawValues): Tensor {
    checkOrigin(rng, (argument) => this.#generators.has(argument))
    return tensor(generate(rng), [...shape], dtype)
  }

  hostCall(fn: HostFunction, inputs: readonly Tensor[], outputs: readonly TensorSpec[]): Tensor[] {
    const answered = this.#answers[this.#calls++]
    if (answered !== undefined) return toTensors(answered, outputs)
    if (!readSynchronously()) throw new Suspension(fn, inputs)
    const results = fn(...inputs.map(valuesNow))
    if (results instanceof Promise) throw new Suspension(() => results, [])
    return toTensors(results, outputs)
  }

  /** Waits for the host and makes ready for the replay. */
  async resume(suspension: Suspension): Promise<void> {
    this.#answers.push(await allowReads(() => suspension.answer()))
    this.#calls = 0
    this.abandon()
    this.#read = new Set()
  }

  /** Result and writes as tensors of their own: none is an argument, a slot's tensor, or given out twice. */
  finish<R>(result: R, args: readonly unknown[]): { result: R; writes: Map<Slot, Tensor> } {
    const writes = this.#writes
    const taken = new Set<Tensor>([...tensorsOf(args), ...this.#read, ...writes.values()])
    const owned = mapTree(result, (leaf) => {
      if (!(leaf instanceof TfTensor)) return leaf
      const own = keep(taken.has(leaf) ? clone(leaf) : leaf)
      taken.add(own)
      return own
    }) as R
    this.#owned.release(writes.values())
    return { result: owned, writes }
  }

  /** Forgets what was written, when the function has thrown. */
  abandon(): void {
    this.#owned.release()
    this.#writes = new Map()
  }
}

/** Runs `fn` in a tidy, never traced; suspended by a host call that must wait, it is run again with the host's answer. */
export async function runEagerly<A extends readonly unknown[], R>(
  fn: (...args: A) => R,
  args: A,
): Promise<{ result: R; writes: Map<Slot, Tensor> }> {
  const scope = new EagerScope()
  // Taken once, and given out anew for each attempt: a replay draws the same numbers.
  const taken = mapTree(args, (leaf) => (leaf instanceof Rng ? leaf.split() : leaf))
  for (;;) {
    try {
      const captured = mapTree(taken, (leaf) => scope.argument(leaf)) as unknown as A
      // What is given out is kept, so the tidy has nothing to return.
      let finished: { result: R; writes: Map<Slot, Tensor> } | undefined
      tidy(() => {
        const result = withScope(scope, () => fn(...captured))
        finished = scope.finish(result, args)
      })
      return finished as unknown as { result: R; writes: Map<Slot, Tensor> }
    } catch (thrown) {
      if (!(thrown instanceof Suspension)) {
        scope.abandon()
        throw thrown
      }
      await scope.resume(thrown)
    }
  }
}

/** A generator that was not passed in would repeat its numbers in every replay of a trace, so it is refused everywhere. */
export function checkOrigin(rng: Rng, known: (argument: object) => boolean): void {
  if (rng.origin !== undefined && known(rng.origin.argument)) return
  throw new WinnowError(
    'rng: a generator from outside was used inside a compiled function; pass it as an argument (in a loss: context.rng)',
  )
}
