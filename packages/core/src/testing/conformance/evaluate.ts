/** Runs one computation on the active backend and reads its results, asynchronously. */
import type { DataType, Tensor, TypedArray } from '@tensorflow/tfjs-core'
import { backend, dispose, engine, memory, tidy } from '@tensorflow/tfjs-core'
import { check } from '../../error.ts'
import { activeTracer } from '../../tracer.ts'
import type { Computation } from './case.ts'
import { listOf } from './case.ts'
import type { Sample } from './sample.ts'
import { tensorOf } from './sample.ts'

/** A tensor that was read. */
export interface Result {
  readonly shape: readonly number[]
  readonly dtype: DataType
  readonly values: TypedArray
}

/**
 * The results of `run`.
 *
 * @param compiled records the computation and runs the recording, twice; the second run counts.
 * @throws whatever the backend throws; WinnowError where tensors leak or the device reports an error.
 */
export async function evaluate(
  run: Computation,
  inputs: readonly Sample[],
  compiled: boolean,
): Promise<readonly Result[]> {
  const before = memory().numTensors
  const results = await watched(() => (compiled ? traced(run, inputs) : eager(run, inputs)))
  const left = memory().numTensors - before
  check(left === 0, () => `${left} tensors were left behind`)
  return results
}

async function eager(run: Computation, inputs: readonly Sample[]): Promise<Result[]> {
  const outputs = tidy(() => [...listOf(run(...inputs.map(tensorOf)))])
  return await readAll(outputs)
}

async function traced(run: Computation, inputs: readonly Sample[]): Promise<Result[]> {
  const tracer = activeTracer()
  check(tracer !== undefined, () => 'this backend does not record graphs')
  const trace = tracer.begin()
  let program: ReturnType<typeof trace.finish>
  engine().startScope('conformance')
  try {
    const places = inputs.map(({ shape, dtype }) => trace.input(shape, dtype))
    program = trace.finish(listOf(run(...places)))
  } catch (thrown) {
    trace.abort()
    throw thrown
  } finally {
    engine().endScope()
  }
  const feeds = inputs.map(tensorOf)
  try {
    dispose(await program.run(feeds))
    return await readAll(await program.run(feeds))
  } finally {
    dispose(feeds)
    program.dispose()
  }
}

async function readAll(outputs: readonly Tensor[]): Promise<Result[]> {
  try {
    const values = await Promise.all(outputs.map((output) => output.data()))
    return outputs.map(({ shape, dtype }, i) => ({
      shape,
      dtype,
      values: (values[i] as TypedArray).slice(),
    }))
  } finally {
    dispose([...outputs])
  }
}

/** Turns errors that a WebGPU device reports by the way into exceptions, before the guard of core sees them. */
async function watched<T>(work: () => Promise<T>): Promise<T> {
  const { device } = backend() as unknown as { device?: unknown }
  if (typeof device !== 'object' || device === null || !('pushErrorScope' in device)) return work()
  const gpu = device as GPUDevice
  gpu.pushErrorScope('validation')
  let error: GPUError | null = null
  try {
    return await work()
  } finally {
    error = await gpu.popErrorScope()
    const { message = '' } = error ?? {}
    check(error === null, () => `the device reported: ${message.split('\n')[0]}`)
  }
}
