/** One ONNX Runtime session and its feeds. */
import { WinnowError } from '@winnow/core'
import type { HostArray, Plan } from '@winnow/graph'
import { valueName, writeModel } from '@winnow/graph'
import type { InferenceSession, Tensor } from 'onnxruntime-node'
import type { Native, NativeSession, SessionOptions } from './native.ts'

/** A model that is loaded, and runs on feeds in the order of its plan. */
export class Session {
  /** Estimate of the bytes it holds: the model, and what is alive at the peak of a run. */
  readonly bytes: number
  readonly #native: Native
  readonly #inputs: readonly { name: string; type: Tensor.Type; dims: readonly number[] }[]
  readonly #outputs: readonly string[]
  readonly #fetches: Record<string, null> = {}
  readonly #profiled: boolean
  #session: NativeSession | undefined
  #public: Promise<InferenceSession> | undefined

  constructor(native: Native, plan: Plan, options: SessionOptions) {
    const model = writeModel(plan)
    this.#native = native
    this.#profiled = options.enableProfiling === true
    this.bytes = model.length + plan.peakBytes
    this.#inputs = plan.inputs.map((value) => ({
      name: valueName(value),
      type: value.type as Tensor.Type,
      dims: value.shape,
    }))
    this.#outputs = plan.outputs.map(valueName)
    for (const name of this.#outputs) this.#fetches[name] = null
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
  runSync(feeds: readonly HostArray[]): HostArray[] {
    if (this.#session === undefined) {
      throw new WinnowError(
        'this onnxruntime-node has no synchronous run: read values with `await tensor.data()` instead of dataSync()',
      )
    }
    const results = this.#session.run(this.#tensors(feeds), this.#fetches, {})
    return this.#outputs.map((name) => (results[name] as { data: HostArray }).data)
  }

  async run(feeds: readonly HostArray[]): Promise<HostArray[]> {
    if (this.#session !== undefined) return this.runSync(feeds)
    const session = await (this.#public as Promise<InferenceSession>)
    const results = await session.run(this.#tensors(feeds) as Record<string, Tensor>)
    return this.#outputs.map((name) => (results[name] as Tensor).data as HostArray)
  }

  dispose(): void {
    if (this.#profiled) this.#session?.endProfiling()
    this.#session?.dispose()
    void this.#public?.then((session) => session.release()).catch(() => undefined)
    this.#session = undefined
    this.#public = undefined
  }

  #tensors(feeds: readonly HostArray[]): object {
    const { Tensor: OrtTensor } = this.#native.ort
    const tensors: Record<string, Tensor> = {}
    for (const [index, { name, type, dims }] of this.#inputs.entries()) {
      tensors[name] = new OrtTensor(type, feeds[index] as never, dims)
    }
    return tensors
  }
}
