/**
 * The interface between {@link compile} and a backend that can record instead of compute (`@winnow/graph`).
 *
 * A tfjs backend offers it as a property named `tracer`; core knows nothing else about the engine.
 */
import type { DataType, Tensor, TypedArray } from '@tensorflow/tfjs-core'
import { backend } from '@tensorflow/tfjs-core'

/** Shape and dtype of a tensor that does not exist yet. */
export interface TensorSpec {
  readonly shape: readonly number[]
  readonly dtype: DataType
}

/** Host work: the values of the inputs in, the values of the outputs out (row-major, lengths as declared). */
export type HostFunction = (
  ...inputs: TypedArray[]
) => readonly TypedArray[] | Promise<readonly TypedArray[]>

/** A recorded function of tensors. */
export interface Program {
  /**
   * Runs once. `feeds` come in the order in which {@link Trace.input} was called.
   * Returns one new tensor for each output, owned by the caller.
   *
   * @param into storage of outputs, in their order, which the next run with the same storage overwrites; undefined: new
   */
  run(feeds: readonly Tensor[], into?: readonly (TypedArray | undefined)[]): Promise<Tensor[]>
  /** Lets go of what the recording holds. It cannot run afterwards. */
  dispose(): void
}

/** A recording in progress. */
export interface Trace {
  /** A new placeholder, fed at every run. May be called in mid-trace. */
  input(shape: readonly number[], dtype: DataType): Tensor
  /** Host work in the middle: splits the program in two. */
  hostCall(fn: HostFunction, inputs: readonly Tensor[], outputs: readonly TensorSpec[]): Tensor[]
  /** Ends the recording. Tensors that existed before it and were read in it are fed with their current values. */
  finish(outputs: readonly Tensor[]): Program
  /** Ends the recording and forgets it. */
  abort(): void
}

/** What a backend that can trace offers. */
export interface Tracer {
  /** Starts a recording, which ends with {@link Trace.finish} or {@link Trace.abort}. One at a time. */
  begin(): Trace
}

/** The tracer of the active backend, or undefined where it computes eagerly. */
export function activeTracer(): Tracer | undefined {
  return (backend() as unknown as { tracer?: Tracer }).tracer
}
