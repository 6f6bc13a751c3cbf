/**
 * Host work in the middle of a compiled function: an assignment problem, a small decomposition, farthest points.
 *
 * The engine splits the step in two graphs around it. Elsewhere it reads, computes and goes on; where values can only
 * be read asynchronously (WebGPU), the step is suspended and replayed with the result, which is exact because a step
 * is a function of its inputs alone.
 */
import type { Tensor, TypedArray } from '@tensorflow/tfjs-core'
import { customGrad, getBackend, tensor } from '@tensorflow/tfjs-core'
import { allowReads, captureScope } from './capture.ts'
import { check, WinnowError } from './error.ts'
import type { HostFunction, TensorSpec } from './tracer.ts'

/** What {@link hostCall} must know of the results before it runs. */
export interface HostCallOptions {
  /** Shapes of the outputs. */
  readonly shapes: readonly (readonly number[])[]
  /** Their dtypes; float32 by default. */
  readonly dtypes?: readonly ('float32' | 'int32' | 'bool')[]
  /**
   * Host work too: from the values of the inputs and then of the output's gradient, the gradients of the inputs.
   * Only for a single output. Without it nothing flows back.
   */
  readonly gradient?: HostFunction
}

/**
 * Runs `fn` on the values of `inputs` and returns its results as tensors of the shapes given.
 *
 * @throws WinnowError when `fn` returns another number of arrays or other lengths, and outside `compile` on a backend
 *   that cannot read synchronously
 */
export function hostCall(
  fn: HostFunction,
  inputs: readonly Tensor[],
  options: HostCallOptions,
): Tensor[] {
  const { shapes, dtypes = [], gradient } = options
  const specs = shapes.map((shape, i): TensorSpec => ({ shape, dtype: dtypes[i] ?? 'float32' }))
  if (gradient === undefined) return dispatch(fn, inputs, specs)
  check(
    specs.length === 1,
    () => `hostCall: gradient needs a single output, ${specs.length} shapes came`,
  )
  const differentiable = customGrad((...saved) => {
    const save = saved.pop() as unknown as (tensors: Tensor[]) => void
    const primal = saved as Tensor[]
    const value = dispatch(fn, primal, specs)[0] as Tensor
    // After the call, which may leave the step to be replayed: nobody would dispose of what was saved before.
    save(primal)
    return {
      value,
      gradFunc: (dy: Tensor, kept: Tensor[]) =>
        dispatch(
          gradient,
          [...kept, dy],
          kept.map(({ shape }) => ({ shape, dtype: 'float32' })),
        ),
    }
  })
  return [differentiable(...inputs)]
}

function dispatch(
  fn: HostFunction,
  inputs: readonly Tensor[],
  specs: readonly TensorSpec[],
): Tensor[] {
  const checked: HostFunction = (...values) => {
    const results = fn(...values)
    return results instanceof Promise
      ? results.then((arrays) => checkResults(arrays, specs))
      : checkResults(results, specs)
  }
  const scope = captureScope()
  if (scope !== undefined) return scope.hostCall(checked, inputs, specs)
  const results = readSynchronously() ? checked(...inputs.map(valuesNow)) : undefined
  if (results === undefined || results instanceof Promise) {
    throw new WinnowError(
      `hostCall: on ${getBackend()}, or with an asynchronous function, it needs a compiled function around it: compile(fn)`,
    )
  }
  return toTensors(results, specs)
}

/** Whether the active backend can hand out values at once. */
export function readSynchronously(): boolean {
  return getBackend() !== 'webgpu'
}

/** The values of a tensor, read at once even inside a scope. */
export function valuesNow(input: Tensor): TypedArray {
  return allowReads(() => input.dataSync()) as TypedArray
}

export function toTensors(arrays: readonly TypedArray[], specs: readonly TensorSpec[]): Tensor[] {
  return specs.map(({ shape, dtype }, i) => tensor(arrays[i] as TypedArray, [...shape], dtype))
}

function checkResults(
  arrays: readonly TypedArray[],
  specs: readonly TensorSpec[],
): readonly TypedArray[] {
  const lengths = specs.map(({ shape }) => shape.reduce((a, b) => a * b, 1))
  check(
    arrays.length === specs.length && arrays.every(({ length }, i) => length === lengths[i]),
    () =>
      `hostCall: the function returned arrays of lengths [${arrays.map((a) => a.length)}], ` +
      `expected [${lengths}] for shapes ${specs.map(({ shape }) => `[${shape}]`).join(' ')}`,
  )
  return arrays
}
