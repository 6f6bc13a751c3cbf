/** One ONNX Runtime session and its feeds. */
import { WinnowError } from '@winnow/core'
import type { Destinations, HostArray, Plan, Value } from '@winnow/graph'
import { hostArray, sizeOf, valueName, writeModel } from '@winnow/graph'
import type { InferenceSession, Tensor } from 'onnxruntime-node'
import { refusal, SEQUENCE } from './direct-outputs.ts'
import type { Native, NativeSession, SessionOptions } from './native.ts'

/** Results of fewer bytes are copied sooner than an error is thrown. */
const worthwhile = 2 ** 16

/** A model that is loaded, and runs on feeds in the order of its plan. */
export class Session {
  /** Estimate of the bytes it holds: the model, and what is alive at the peak of a run. */
  readonly bytes: number
  readonly #native: Native
  readonly #inputs: readonly NamedTensor[]
  readonly #outputs: readonly NamedTensor[]
  readonly #fetches: Record<string, null> = {}
  /** What the binding says when it has filled the outputs; undefined where it returns them. */
  readonly #refusal: string | undefined
  readonly #profiled: boolean
  #session: NativeSession | undefined
  #public: Promise<InferenceSession> | undefined

  constructor(native: Native, plan: Plan, options: SessionOptions) {
    const direct = plan.outputs.reduce((sum, { shape }) => sum + 4 * sizeOf(shape), 0) >= worthwhile
    this.#refusal = direct ? refusal(native, options) : undefined
    const model = writeModel(plan, this.#refusal === undefined ? {} : { sequence: SEQUENCE })
    this.#native = native
    this.#profiled = options.enableProfiling === true
    this.bytes = model.length + plan.peakBytes
    this.#inputs = plan.inputs.map(named)
    this.#outputs = plan.outputs.map(named)
    for (const { name } of this.#outputs) this.#fetches[name] = null
    const { binding, ort } = native
    if (binding !== undefined) {
      binding.initOrt()
      this.#session = new binding.binding.InferenceSession()
      this.#session.loadModel(model.buffer, model.byteOffset, model.byteLength, options)
    } else {
      this.#public = ort.InferenceSession.create(model, options)
      // Told to whoever runs it; it must not count as unhandled until then.
      this.#public.catch(() => undefined)
    }
  }

  /** @throws WinnowError where only asynchronous runs are possible */
  runSync(feeds: readonly HostArray[], into: Destinations = []): HostArray[] {
    if (this.#session === undefined) {
      throw new WinnowError(
        'this onnxruntime-node has no synchronous run: read values with `await tensor.data()` instead of dataSync()',
      )
    }
    const given = this.#tensors(this.#inputs, feeds)
    if (this.#refusal !== undefined) return this.#runInto(this.#session, given, into)
    const results = this.#session.run(given, this.#fetches, {})
    return this.#outputs.map(({ name }) => (results[name] as { data: HostArray }).data)
  }

  async run(feeds: readonly HostArray[], into: Destinations = []): Promise<HostArray[]> {
    if (this.#session !== undefined) return this.runSync(feeds, into)
    const session = await (this.#public as Promise<InferenceSession>)
    const results = await session.run(this.#tensors(this.#inputs, feeds))
    return this.#outputs.map(({ name }) => (results[name] as Tensor).data as HostArray)
  }

  dispose(): void {
    if (this.#profiled) this.#session?.endProfiling()
    this.#session?.dispose()
    void this.#public?.then((session) => session.release()).catch(() => undefined)
    this.#session = undefined
    this.#public = undefined
  }

  /** Lets the runtime write where the results shall lie: see {@link refusal}. */
  #runInto(session: NativeSession, feeds: object, into: Destinations): HostArray[] {
    const arrays = this.#outputs.map(
      ({ type, dims }, index) => into[index] ?? hostArray(type as 'float32', sizeOf(dims)),
    )
    const fetches = { [SEQUENCE]: null, ...this.#tensors(this.#outputs, arrays) }
    try {
      session.run(feeds, fetches, {})
    } catch (thrown) {
      if ((thrown as Error).message === this.#refusal) return arrays
      throw thrown
    }
    throw new WinnowError('onnxruntime-node returned results that were to be refused')
  }

  #tensors(
    values: readonly NamedTensor[],
    arrays: readonly (HostArray | undefined)[],
  ): Record<string, Tensor> {
    const { Tensor: OrtTensor } = this.#native.ort
    const tensors: Record<string, Tensor> = {}
    for (const [index, { name, type, dims }] of values.entries()) {
      tensors[name] = new OrtTensor(type, arrays[index] as never, dims)
    }
    return tensors
  }
}

interface NamedTensor {
  readonly name: string
  readonly type: Tensor.Type
  readonly dims: readonly number[]
}

function named(value: Value): NamedTensor {
  return { name: valueName(value), type: value.type as Tensor.Type, dims: value.shape }
}
