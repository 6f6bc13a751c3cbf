/** Recording a function of tensors: implements core's Tracer on the graph backend. */
import type { DataType, Tensor, TensorInfo } from '@tensorflow/tfjs-core'
import { engine } from '@tensorflow/tfjs-core'
import type { HostFunction, Program, TensorSpec, Trace, Tracer } from '@winnow/core'
import { check, WinnowError } from '@winnow/core'
import type { GraphBackend, Recording } from './backend.ts'
import { elementType } from './element.ts'
import type { Value } from './graph.ts'
import { Graph } from './graph.ts'
import { GraphProgram } from './program.ts'
import type { HostCall, Recorded } from './recorded.ts'
import { HostResult, Placeholder, releaseCaptured } from './recorded.ts'

/** Records on `backend`; see core's `Tracer`. */
export class GraphTracer implements Tracer {
  readonly #backend: GraphBackend

  constructor(backend: GraphBackend) {
    this.#backend = backend
  }

  /** Starts a recording. @throws WinnowError while another one is in progress */
  begin(): GraphTrace {
    return new GraphTrace(this.#backend)
  }
}

/** A recording in progress: see the `Trace` of core. One at a time on a backend. */
export class GraphTrace implements Trace {
  readonly #backend: GraphBackend
  readonly #recording: Recording
  readonly #placeholders: Placeholder[] = []
  readonly #hostCalls: HostCall[] = []

  constructor(backend: GraphBackend) {
    check(
      backend.recording === undefined,
      () => 'begin: a trace is already being recorded; traces cannot be nested',
    )
    this.#backend = backend
    this.#recording = { graph: new Graph(backend.runner === undefined) }
    backend.recording = this.#recording
  }

  input(shape: readonly number[], dtype: DataType): Tensor {
    this.#checkActive()
    const placeholder = new Placeholder(this.#placeholders.length, [...shape], dtype)
    this.#placeholders.push(placeholder)
    return this.#tensor(
      this.#recording.graph.input(placeholder, placeholder.shape, elementType(dtype)),
    )
  }

  hostCall(fn: HostFunction, inputs: readonly Tensor[], outputs: readonly TensorSpec[]): Tensor[] {
    this.#checkActive()
    const call = this.#hostCalls.length
    const results = outputs.map((spec) => new HostResult(call, spec))
    const values = inputs.map((tensor) => this.#backend.value(tensor))
    this.#hostCalls.push({ fn, inputs: values, outputs: results })
    const { graph } = this.#recording
    return results.map((result) =>
      this.#tensor(graph.input(result, result.spec.shape, elementType(result.spec.dtype))),
    )
  }

  finish(outputs: readonly Tensor[]): Program {
    const recorded = this.record(outputs)
    return new GraphProgram(this.#backend, recorded)
  }

  /**
   * Ends the recording and returns it, to be written instead of run.
   *
   * @internal
   * @param distinct makes every output a value of its own, made by a node, as a model's outputs must be
   */
  record(outputs: readonly Tensor[], distinct = false): Recorded {
    this.#checkActive()
    try {
      const { graph } = this.#recording
      const values = outputs.map((tensor, index) => {
        const value = this.#backend.value(tensor)
        return distinct ? graph.emit('Identity', [value], value, {}, '', `output ${index}`) : value
      })
      return {
        graph: this.#recording.graph,
        placeholders: this.#placeholders,
        hostCalls: this.#hostCalls,
        outputs: values,
      }
    } catch (error) {
      releaseCaptured(this.#recording.graph)
      throw error
    } finally {
      this.#backend.recording = undefined
    }
  }

  abort(): void {
    if (this.#backend.recording !== this.#recording) return
    this.#backend.recording = undefined
    releaseCaptured(this.#recording.graph)
  }

  #tensor(value: Value): Tensor {
    const info: TensorInfo = this.#backend.infoOf(value)
    return engine().makeTensorFromTensorInfo(info, this.#backend)
  }

  #checkActive(): void {
    if (this.#backend.recording !== this.#recording) {
      throw new WinnowError('the trace has ended: begin a new one')
    }
  }
}
