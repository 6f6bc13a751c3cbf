/**
 * The traced side of {@link compile}: one recording per signature, fed anew at every call.
 */
import type { Tensor, TypedArray } from '@tensorflow/tfjs-core'
import { Tensor as TfTensor, tensor, tidy } from '@tensorflow/tfjs-core'
import { type CaptureScope, type DrawValues, withScope } from './capture.ts'
import { checkOrigin, HeldTensors } from './compile-eager.ts'
import { check } from './error.ts'
import { Rng } from './rng.ts'
import type { Slot } from './slot.ts'
import {
  activeTracer,
  type HostFunction,
  type Program,
  type TensorSpec,
  type Trace,
} from './tracer.ts'
import { mapTree } from './tree.ts'

/** Where a placeholder's value comes from at a run. */
type Source =
  | { readonly kind: 'argument'; readonly index: number }
  | { readonly kind: 'slot'; readonly slot: Slot }
  | {
      readonly kind: 'draw'
      readonly index: number
      readonly rng: Rng
      readonly spec: TensorSpec
      readonly generate: (rng: Rng) => DrawValues
    }

class TraceScope implements CaptureScope {
  readonly sources: Source[] = []
  readonly writes = new Map<Slot, Tensor>()
  readonly held = new HeldTensors()
  readonly #trace: Trace
  readonly #slots = new Map<Slot, Tensor>()
  readonly #generators = new Map<object, number>()

  constructor(trace: Trace) {
    this.#trace = trace
  }

  argument(leaf: Tensor | Rng, index: number): Tensor | Rng {
    if (leaf instanceof TfTensor) return this.#input(leaf, { kind: 'argument', index })
    const argument = {}
    this.#generators.set(argument, index)
    return new Rng(0, { argument, path: [] })
  }

  read(slot: Slot): Tensor {
    const written = this.writes.get(slot)
    if (written !== undefined) return written
    let placeholder = this.#slots.get(slot)
    if (placeholder === undefined) {
      // Held: it may be read first inside a gradient, whose tidy would end it, and again after.
      placeholder = this.held.hold(this.#input(slot, { kind: 'slot', slot }))
      this.#slots.set(slot, placeholder)
    }
    return placeholder
  }

  write(slot: Slot, value: Tensor): void {
    this.writes.set(slot, this.held.hold(value))
  }

  draw(rng: Rng, spec: TensorSpec, generate: (rng: Rng) => DrawValues): Tensor {
    checkOrigin(rng, (argument) => this.#generators.has(argument))
    const index = this.#generators.get((rng.origin as { argument: object }).argument) as number
    return this.#input(spec, { kind: 'draw', index, rng, spec, generate })
  }

  hostCall(fn: HostFunction, inputs: readonly Tensor[], outputs: readonly TensorSpec[]): Tensor[] {
    return this.#trace.hostCall(fn, inputs, outputs)
  }

  #input(spec: TensorSpec, source: Source): Tensor {
    this.sources.push(source)
    return this.#trace.input(spec.shape, spec.dtype)
  }
}

/** A function traced for one signature. */
export class TracedCall {
  readonly #program: Program
  readonly #sources: readonly Source[]
  readonly #written: readonly Slot[]
  readonly #outputs: number
  readonly #rebuild: (tensors: readonly Tensor[]) => unknown
  #storage: readonly (TypedArray | undefined)[] = []

  constructor(
    fn: (...args: unknown[]) => unknown,
    args: readonly unknown[],
    storage?: (result: unknown) => ReadonlyMap<Tensor, TypedArray>,
  ) {
    const trace = activeTracer()?.begin()
    check(trace !== undefined, () => 'compile: the active backend cannot trace')
    const scope = new TraceScope(trace)
    let rebuild: ((tensors: readonly Tensor[]) => unknown) | undefined
    let outputs = 0
    let program: Program | undefined
    try {
      tidy(() => {
        let index = 0
        const placeholders = mapTree(args, (leaf) => scope.argument(leaf, index++)) as unknown[]
        const result = withScope(scope, () => fn(...placeholders))
        const returned: Tensor[] = []
        mapTree(result, (leaf) => {
          if (leaf instanceof TfTensor) returned.push(leaf)
          return leaf
        })
        outputs = returned.length
        const places = storage?.(result)
        if (places !== undefined) this.#storage = returned.map((leaf) => places.get(leaf))
        rebuild = (tensors) => {
          let next = 0
          return mapTree(result, (leaf) => (leaf instanceof TfTensor ? tensors[next++] : leaf))
        }
        program = trace.finish([...returned, ...scope.writes.values()])
      })
    } catch (thrown) {
      trace.abort()
      throw thrown
    } finally {
      scope.held.release()
    }
    this.#program = program as unknown as Program
    this.#rebuild = rebuild as unknown as (tensors: readonly Tensor[]) => unknown
    this.#outputs = outputs
    this.#sources = scope.sources
    this.#written = [...scope.writes.keys()]
  }

  async run(args: readonly unknown[]): Promise<{ result: unknown; writes: Map<Slot, Tensor> }> {
    const leaves: (Tensor | Rng)[] = []
    mapTree(args, (leaf) => {
      // Each call takes one generator from the one passed in, as the eager side does.
      leaves.push(leaf instanceof Rng ? leaf.split() : leaf)
      return leaf
    })
    const drawn: Tensor[] = []
    const feeds = this.#sources.map((source): Tensor => {
      if (source.kind === 'argument') return leaves[source.index] as Tensor
      if (source.kind === 'slot') return source.slot.value
      const { rng, spec, generate } = source
      const values = generate(rng.replay(leaves[source.index] as Rng))
      const draw = tensor(values, [...spec.shape], spec.dtype)
      drawn.push(draw)
      return draw
    })
    try {
      const tensors = await this.#program.run(feeds, this.#storage)
      const result = this.#rebuild(tensors.slice(0, this.#outputs))
      const writes = new Map(
        this.#written.map((slot, i) => [slot, tensors[this.#outputs + i] as Tensor]),
      )
      return { result, writes }
    } finally {
      for (const draw of drawn) draw.dispose()
    }
  }

  dispose(): void {
    this.#program.dispose()
  }
}
