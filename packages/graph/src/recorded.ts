/** What a finished trace has recorded, and where its fed values come from. */
import type { DataType, Tensor } from '@tensorflow/tfjs-core'
import type { HostFunction, TensorSpec } from '@winnow/core'
import { check } from '@winnow/core'
import { sameShape } from './element.ts'
import type { Entry } from './entry.ts'
import type { Graph, Value } from './graph.ts'

/** A place in a program's list of feeds. */
export class Placeholder {
  readonly index: number
  readonly shape: readonly number[]
  readonly dtype: DataType

  constructor(index: number, shape: readonly number[], dtype: DataType) {
    this.index = index
    this.shape = shape
    this.dtype = dtype
  }
}

/** Host work in the middle of a program. */
export interface HostCall {
  readonly fn: HostFunction
  readonly inputs: readonly Value[]
  readonly outputs: readonly HostResult[]
}

/** One output of a host call. */
export class HostResult {
  readonly call: number
  readonly spec: TensorSpec

  constructor(call: number, spec: TensorSpec) {
    this.call = call
    this.spec = spec
  }
}

/** What a finished trace has recorded. */
export interface Recorded {
  readonly graph: Graph
  readonly placeholders: readonly Placeholder[]
  readonly hostCalls: readonly HostCall[]
  readonly outputs: readonly Value[]
}

/** Whether a fed value is a tensor from outside the recording. */
export function isCaptured(value: Value): boolean {
  const { source, data } = value
  return (
    source !== undefined &&
    data === undefined &&
    !(source instanceof Placeholder) &&
    !(source instanceof HostResult)
  )
}

/** Lets go of the tensors that a recording reads. */
export function releaseCaptured(graph: Graph): void {
  for (const value of graph.inputs) if (isCaptured(value)) (value.source as Entry).pins--
}

/** @throws WinnowError unless the feed fits its placeholder */
export function checkFeed(feed: Tensor, placeholder: Placeholder): void {
  check(
    feed.dtype === placeholder.dtype && sameShape(feed.shape, placeholder.shape),
    () =>
      `feeds[${placeholder.index}]: a ${feed.dtype} tensor of shape [${feed.shape}] came, ` +
      `expected ${placeholder.dtype} [${placeholder.shape}]`,
  )
}
