/**
 * The tracing tfjs backend. Kernels record nodes and return at once. Outside a recording, pending nodes run when a
 * value is read, or when they pass a bound; inside one they become a program.
 */
import type { BackendValues, DataType, TensorInfo } from '@tensorflow/tfjs-core'
import { engine, KernelBackend } from '@tensorflow/tfjs-core'
import { reshape } from './build/layout.ts'
import type { HostArray } from './element.ts'
import { dataType, elementType, sameShape, sizeOf } from './element.ts'
import type { Entry } from './entry.ts'
import { hostOf, isFree, newEntry, refuseRead, refuseStale } from './entry.ts'
import { flush, flushSync } from './flush.ts'
import { freeArray } from './free-array.ts'
import type { Value } from './graph.ts'
import { Graph } from './graph.ts'
import { exposed, hostValues, placeValues, typedValues } from './host-values.ts'
import type { GraphMemory, Runner } from './runner.ts'

/** When pending work runs unasked. */
export interface PendingBounds {
  readonly nodes: number
  readonly bytes: number
}

/** A recording in progress, as the backend sees it. */
export interface Recording {
  readonly graph: Graph
}

/** The tracing tfjs backend. Without a runner it computes nothing: it only records, for {@link exportOnnx}. */
export class GraphBackend extends KernelBackend {
  readonly runner: Runner | undefined
  readonly bounds: PendingBounds
  /** The recording that kernels go to; undefined outside a trace. @internal */
  recording: Recording | undefined
  /** Pending work outside recordings. @internal */
  pending: Graph = new Graph()
  /** The entries that pending work will fill. @internal */
  produced: Entry[] = []
  /** The flush that is under way, where runs are asynchronous only. @internal */
  flushing: Promise<void> = Promise.resolve()
  readonly #entries = new Map<object, Entry>()
  readonly #foreign = new WeakMap<object, Entry>()

  constructor(runner?: Runner, bounds: PendingBounds = { nodes: 4000, bytes: 2 ** 29 }) {
    super()
    this.runner = runner
    this.bounds = bounds
  }

  /** The graph that kernels record into. */
  get graph(): Graph {
    return this.recording?.graph ?? this.pending
  }

  /** The value that stands for a tensor in the current graph. */
  value(info: TensorInfo): Value {
    const value = this.valueOfEntry(this.#foreignEntry(info) ?? this.entry(info.dataId), info)
    return sameShape(value.shape, info.shape) ? value : reshape(value, info.shape)
  }

  /** A new tensor for a value of the current graph. */
  infoOf(value: Value): TensorInfo {
    return this.infosOf([value])[0] as TensorInfo
  }

  /** New tensors for all outputs of one kernel: a bound that they pass is seen to after the last. */
  infosOf(values: readonly Value[]): TensorInfo[] {
    const infos = values.map((value) => {
      const dtype = dataType(value.type)
      const dataId = {}
      const entry = this.#add(dataId, dtype, sizeOf(value.shape))
      entry.value = value
      if (this.recording === undefined) this.produced.push(entry)
      return { dataId, shape: [...value.shape], dtype }
    })
    const { nodeCount, bytes } = this.pending
    const full = nodeCount > this.bounds.nodes || bytes > this.bounds.bytes
    if (full && this.recording === undefined) this.#flushSoon()
    return infos
  }

  /** A new tensor for values on the host; where it owns them, their memory is freed with it. */
  infoOfHost(
    host: HostArray,
    shape: readonly number[],
    dtype: DataType,
    owned = false,
  ): TensorInfo {
    const dataId = {}
    const entry = this.#add(dataId, dtype, sizeOf(shape))
    entry.host = host
    // A run in the background may still read it.
    entry.owned = owned && this.runner?.synchronous === true
    return { dataId, shape: [...shape], dtype }
  }

  /** Whether the data belongs to another backend and stays there, because this one only records. */
  isForeign(dataId: object): boolean {
    return this.runner === undefined && !this.#entries.has(dataId)
  }

  /** What is known of the data. Data of another backend is moved here. @internal */
  entry(dataId: object): Entry {
    let entry = this.#entries.get(dataId)
    if (entry === undefined) {
      // A tensor of another backend: tfjs moves it here.
      engine().moveData(this, dataId)
      entry = this.#entries.get(dataId) as Entry
    }
    return entry
  }

  /** See {@link hostValues}. */
  hostValues(dataId: object): HostArray | undefined {
    return hostValues(this, dataId)
  }

  /** See {@link placeValues}. */
  placeValues(dataId: object, storage: HostArray): boolean {
    return placeValues(this, dataId, storage)
  }

  /** Runs what is pending now. @throws WinnowError where the engine cannot run synchronously */
  flushSync(): void {
    flushSync(this)
  }

  /** Runs what is pending. */
  flush(): Promise<void> {
    return flush(this)
  }

  /** Takes over values from the host; returns their new data id. */
  override write(values: BackendValues, shape: number[], dtype: DataType): object {
    const dataId = {}
    this.move(dataId, values, shape, dtype, 1)
    return dataId
  }

  /** Takes over values under a data id that exists, shared by `references` tensors. */
  override move(
    dataId: object,
    values: BackendValues,
    shape: number[],
    dtype: DataType,
    references: number,
  ): void {
    const entry = this.#add(dataId, dtype, sizeOf(shape))
    entry.references = references
    entry.host = typedValues(values, dtype)
    entry.exposed = true
  }

  /** Runs what the values wait for. @throws WinnowError for a recorded tensor of a trace, or where runs are asynchronous */
  override readSync(dataId: object): BackendValues {
    const entry = this.entry(dataId)
    if (entry.host === undefined) {
      refuseRead(entry)
      this.flushSync()
    }
    return exposed(entry)
  }

  /** As {@link readSync}, without blocking where the engine runs asynchronously. */
  override async read(dataId: object): Promise<BackendValues> {
    const entry = this.entry(dataId)
    if (entry.host === undefined) {
      refuseRead(entry)
      // Held until it is there: its last tensor may be disposed meanwhile.
      entry.pins++
      try {
        await this.flush()
      } finally {
        entry.pins--
      }
    }
    return exposed(entry)
  }

  /** Takes one tensor off the data, or all with `force`; true when the data is gone. */
  override disposeData(dataId: object, force = false): boolean {
    const entry = this.#entries.get(dataId)
    if (entry === undefined) return true
    entry.references--
    if (!force && entry.references > 0) return false
    entry.references = 0
    this.#entries.delete(dataId)
    if (isFree(entry)) freeArray(hostOf(entry))
    return true
  }

  /** One tensor more shares the data. */
  override incRef(dataId: object): void {
    this.entry(dataId).references++
  }

  /** How many tensors share the data. */
  override refCount(dataId: object): number {
    return this.#entries.get(dataId)?.references ?? 0
  }

  /** How many data there are. */
  override numDataIds(): number {
    return this.#entries.size
  }

  /** What is pending, and what the sessions hold. */
  override memory(): GraphMemory {
    const { sessions, sessionBytes } = this.runner?.memory() ?? { sessions: 0, sessionBytes: 0 }
    return {
      unreliable: false,
      pendingNodes: this.pending.nodeCount,
      pendingBytes: this.pending.bytes,
      sessions,
      sessionBytes,
    }
  }

  override floatPrecision(): 16 | 32 {
    return 32
  }

  override epsilon(): number {
    return 1e-7
  }

  /** {@link time} works. */
  override timerAvailable(): boolean {
    return true
  }

  /** Milliseconds of `run` and of what it left pending. */
  override async time(run: () => void): Promise<{ kernelMs: number }> {
    const start = performance.now()
    run()
    await this.flush()
    return { kernelMs: performance.now() - start }
  }

  /** Forgets all data and disposes the runner. */
  override dispose(): void {
    this.#entries.clear()
    this.produced = []
    this.runner?.dispose()
  }

  /** The value of an entry; what comes from outside the current graph is fed to it. @internal */
  valueOfEntry(entry: Entry, info: TensorInfo): Value {
    const { graph, recording } = this
    if (entry.value?.graph === graph) return entry.value
    const type = elementType(entry.dtype)
    if (entry.host !== undefined && recording !== undefined && entry.recording === recording) {
      entry.value = graph.constant(hostOf(entry), info.shape, type)
      return entry.value
    }
    refuseStale(entry)
    const known = graph.find(entry)
    if (known !== undefined) return known
    entry.pins++
    return graph.input(entry, info.shape, type)
  }

  #foreignEntry({ dataId, dtype, shape }: TensorInfo): Entry | undefined {
    if (!this.isForeign(dataId)) return undefined
    let entry = this.#foreign.get(dataId)
    if (entry === undefined) {
      entry = newEntry(dtype, sizeOf(shape), undefined, dataId)
      this.#foreign.set(dataId, entry)
    }
    return entry
  }

  #flushSoon(): void {
    if (this.runner?.synchronous === true) this.flushSync()
    else if (this.runner !== undefined) void this.flush()
  }

  #add(dataId: object, dtype: DataType, size: number): Entry {
    const entry = newEntry(dtype, size, this.recording)
    this.#entries.set(dataId, entry)
    return entry
  }
}
