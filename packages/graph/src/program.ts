/**
 * A recorded function that runs again and again: one plan, or several with host work between them.
 */
import type { DataType, Tensor, TypedArray } from '@tensorflow/tfjs-core'
import { engine } from '@tensorflow/tfjs-core'
import type { Program } from '@winnow/core'
import { check, WinnowError } from '@winnow/core'
import type { GraphBackend } from './backend.ts'
import type { HostArray } from './element.ts'
import { dataType, elementType, sizeOf } from './element.ts'
import type { Entry } from './entry.ts'
import { hostOf } from './entry.ts'
import { knownValues } from './flush.ts'
import type { Value } from './graph.ts'
import type { Recorded } from './recorded.ts'
import { checkFeed, HostResult, isCaptured, Placeholder, releaseCaptured } from './recorded.ts'
import type { Executable, Runner } from './runner.ts'
import type { Segment } from './segments.ts'
import { segments } from './segments.ts'

/** A recording that a runner computes: see the `Program` of core. */
export class GraphProgram implements Program {
  readonly #backend: GraphBackend
  readonly #recorded: Recorded
  readonly #segments: readonly Segment[]
  readonly #captured: readonly Entry[]
  #executables: (Executable | undefined)[] | undefined

  /** @internal */
  constructor(backend: GraphBackend, recorded: Recorded) {
    this.#backend = backend
    this.#recorded = recorded
    this.#segments = segments(recorded)
    this.#captured = recorded.graph.inputs.filter(isCaptured).map((value) => value.source as Entry)
    const runner = backend.runner
    if (runner === undefined) {
      releaseCaptured(recorded.graph)
      throw new WinnowError(
        "the 'graph' backend only records: it cannot run a program; use exportOnnx",
      )
    }
    this.#executables = prepareAll(runner, this.#segments, recorded)
  }

  /** Nodes of each part of the program. */
  get nodeCounts(): number[] {
    return this.#segments.map(({ plan }) => plan?.nodes.length ?? 0)
  }

  /**
   * Runs once. The promise is settled without a turn of the event loop where the engine runs synchronously and no
   * host call awaits one.
   *
   * @param into storage of outputs, in their order: what is given here is overwritten by the next run
   * @throws WinnowError when a feed or a storage does not fit, or the program was disposed
   */
  async run(
    feeds: readonly Tensor[],
    into: readonly (TypedArray | undefined)[] = [],
  ): Promise<Tensor[]> {
    const executables = this.#executables
    check(executables !== undefined, () => 'run: the program was disposed')
    const { placeholders } = this.#recorded
    check(
      feeds.length === placeholders.length,
      () => `feeds: ${feeds.length} tensors came, expected ${placeholders.length}`,
    )
    const entries: Entry[] = []
    for (const [index, feed] of feeds.entries()) {
      const placeholder = placeholders[index] as Placeholder
      checkFeed(feed, placeholder)
      entries.push(this.#backend.entry(feed.dataId))
    }
    // Held, so that what is fed outlives a caller who disposes it while a host call is awaited.
    for (const entry of entries) entry.pins++
    try {
      await this.#complete(entries)
      return await this.#compute(executables, entries, this.#storage(into))
    } finally {
      for (const entry of entries) entry.pins--
    }
  }

  /** Gives the sessions back. `run` throws afterwards. */
  dispose(): void {
    if (this.#executables === undefined) return
    for (const executable of this.#executables) executable?.release()
    this.#executables = undefined
    releaseCaptured(this.#recorded.graph)
  }

  async #compute(
    executables: readonly (Executable | undefined)[],
    entries: readonly Entry[],
    storage: ReadonlyMap<Value, HostArray>,
  ): Promise<Tensor[]> {
    const { hostCalls, outputs } = this.#recorded
    const made = new Map<Value | HostResult, HostArray>()
    // What host calls have seen or made, they may keep.
    const shared = new Set<HostArray>()
    const valuesOf = (value: Value): HostArray => {
      if (value.source instanceof Placeholder) return hostOf(entries[value.source.index] as Entry)
      if (value.source instanceof HostResult) return made.get(value.source) as HostArray
      return made.get(value) ?? value.data ?? hostOf(value.source as Entry)
    }
    for (const [stage, { plan }] of this.#segments.entries()) {
      const executable = executables[stage]
      if (plan !== undefined && executable !== undefined) {
        const arrays = plan.inputs.map(valuesOf)
        const into = plan.outputs.map((value) => storage.get(value))
        const results =
          this.#backend.runner?.synchronous === true
            ? executable.runSync(arrays, into)
            : await executable.run(arrays, into)
        for (const [index, output] of plan.outputs.entries())
          made.set(output, results[index] as HostArray)
      }
      const call = hostCalls[stage]
      if (call !== undefined) {
        const inputs = call.inputs.map((value) =>
          made.has(value) ? valuesOf(value) : known(value, valuesOf),
        )
        for (const input of inputs) shared.add(input)
        for (const { source } of call.inputs) {
          const entry = source instanceof Placeholder ? entries[source.index] : source
          if (entry !== undefined && !(entry instanceof HostResult)) (entry as Entry).owned = false
        }
        const results = await call.fn(...(inputs as Float32Array[]))
        for (const [index, result] of call.outputs.entries()) {
          const array = checkHostResult(results[index], result, index)
          shared.add(array)
          made.set(result, array)
        }
      }
    }
    const taken = new Set<HostArray>()
    return outputs.map((value, index) => {
      let array = made.get(value)
      if (array === undefined) array = known(value, valuesOf).slice()
      else if (taken.has(array)) array = array.slice()
      taken.add(array)
      const owned = !shared.has(array)
      const info = this.#backend.infoOfHost(array, value.shape, dataType(value.type), owned)
      const place = storage.get(value)
      if (place !== undefined && outputs.indexOf(value) === index)
        this.#backend.placeValues(info.dataId, place)
      return engine().makeTensorFromTensorInfo(info, this.#backend)
    })
  }

  /** Where outputs shall lie. A host call may keep what it is shown, so that has no storage. */
  #storage(into: readonly (TypedArray | undefined)[]): Map<Value, HostArray> {
    const { outputs, hostCalls } = this.#recorded
    const storage = new Map<Value, HostArray>()
    for (const [index, array] of into.entries()) {
      const value = outputs[index]
      if (array === undefined || value === undefined) continue
      const { type, shape } = value
      check(
        array.constructor === kindOf(dataType(type)) && array.length === sizeOf(shape),
        () => `into[${index}]: ${describe(array)} came, the output is ${type} [${shape}]`,
      )
      const shown = hostCalls.some(({ inputs }) => inputs.includes(value))
      if (!shown) storage.set(value, array as HostArray)
    }
    return storage
  }

  /** Runs pending work that makes what the program is fed. */
  async #complete(entries: readonly Entry[]): Promise<void> {
    const missing = (entry: Entry): boolean => entry.host === undefined
    if (!entries.some(missing) && !this.#captured.some(missing)) return
    await this.#backend.flush()
  }
}

function prepareAll(
  runner: Runner,
  parts: readonly Segment[],
  recorded: Recorded,
): (Executable | undefined)[] {
  const ready: (Executable | undefined)[] = []
  try {
    for (const { plan } of parts) {
      ready.push(plan === undefined ? undefined : runner.prepare(plan, 'program'))
    }
    return ready
  } catch (error) {
    for (const executable of ready) executable?.release()
    releaseCaptured(recorded.graph)
    throw error
  }
}

/** The values of what no node makes: a uniform value, a constant, a feed. */
function known(value: Value, valuesOf: (value: Value) => HostArray): HostArray {
  if (value.fill !== undefined || (value.source === undefined && value.data !== undefined)) {
    return knownValues(value)
  }
  return valuesOf(value)
}

function checkHostResult(array: unknown, result: HostResult, index: number): HostArray {
  const { shape, dtype } = result.spec
  const kind = kindOf(dtype)
  check(
    array instanceof kind && array.length === sizeOf(shape),
    () =>
      `hostCall: output ${index} must be a ${kind.name} of ${sizeOf(shape)} elements for shape [${shape}], ` +
      `the function returned ${describe(array)}`,
  )
  return array
}

function kindOf(dtype: DataType): Float32ArrayConstructor {
  const kinds = { float32: Float32Array, int32: Int32Array, bool: Uint8Array }
  return kinds[elementType(dtype) as 'float32']
}

function describe(array: unknown): string {
  if (array === undefined || array === null) return 'nothing'
  const { length } = array as { length?: number }
  return `${array.constructor.name}${length === undefined ? '' : ` of ${length}`}`
}
