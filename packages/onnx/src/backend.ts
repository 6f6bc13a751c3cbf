/** The tfjs backend `onnx`: the tracing backend with ONNX Runtime underneath. */
import type { PendingBounds } from '@winnow/graph'
import { GraphBackend, GraphTracer } from '@winnow/graph'
import type { OnnxRunner } from './runner.ts'

/** The tfjs backend `onnx`. {@link activate} makes and registers it. */
export class OnnxBackend extends GraphBackend {
  /** What `compile` records with. */
  readonly tracer: GraphTracer
  /** Where graphs run, for people: `cpu (2 threads)`. */
  readonly device: string

  /** The options it was made with: see `activate`. */
  readonly settings: string

  constructor(runner: OnnxRunner, device: string, settings = '', bounds?: PendingBounds) {
    super(runner, bounds)
    this.device = device
    this.settings = settings
    this.tracer = new GraphTracer(this)
  }
}
