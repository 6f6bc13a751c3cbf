/** For tests: runs the same tfjs code on `cpu` and on `onnx`, eagerly and traced, and compares. */
import type { DataType, Tensor, TypedArray } from '@tensorflow/tfjs-core'
import { engine, setBackend, tensor, tidy } from '@tensorflow/tfjs-core'
import { activeTracer } from '@winnow/core'
import { activate } from '../activate.ts'

/** A tensor for a test, by its values. */
export interface Given {
  readonly shape: readonly number[]
  readonly dtype: Extract<DataType, 'float32' | 'int32' | 'bool'>
  readonly values: TypedArray
}

let state = 1

/** Numbers in [0, 1), the same in every run (mulberry32). */
function random(): number {
  state = (state + 0x6d2b79f5) | 0
  let t = Math.imul(state ^ (state >>> 15), 1 | state)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1)

/** Uniform numbers in [low, high). */
export function floats(shape: readonly number[], low = -2, high = 2): Given {
  const values = Float32Array.from({ length: sizeOf(shape) }, () => low + (high - low) * random())
  return { shape, dtype: 'float32', values }
}

/** Whole numbers in [low, high). */
export function integers(shape: readonly number[], low = -5, high = 6): Given {
  const values = Int32Array.from({ length: sizeOf(shape) }, () =>
    Math.floor(low + (high - low) * random()),
  )
  return { shape, dtype: 'int32', values }
}

export function booleans(shape: readonly number[]): Given {
  return {
    shape,
    dtype: 'bool',
    values: Uint8Array.from({ length: sizeOf(shape) }, () => Number(random() < 0.5)),
  }
}

/** Given values. */
export function exactly(shape: readonly number[], values: readonly number[]): Given {
  return { shape, dtype: 'float32', values: Float32Array.from(values) }
}

interface Result {
  readonly shape: readonly number[]
  readonly dtype: DataType
  readonly values: TypedArray
}

function make({ shape, dtype, values }: Given): Tensor {
  return tensor(values.slice(), [...shape], dtype)
}

export type Computation = (...inputs: Tensor[]) => Tensor | Tensor[]

const listOf = (result: Tensor | Tensor[]): Tensor[] => (Array.isArray(result) ? result : [result])

function eager(compute: Computation, inputs: readonly Given[]): Result[] {
  return tidy(() => {
    const results = listOf(compute(...inputs.map(make)))
    return results.map((t) => ({ shape: t.shape, dtype: t.dtype, values: t.dataSync().slice() }))
  }) as unknown as Result[]
}

/** Traces, runs twice, and returns the second run's results. */
export async function traced(compute: Computation, inputs: readonly Given[]): Promise<Result[]> {
  const tracer = activeTracer()
  if (tracer === undefined) throw new Error('the active backend has no tracer')
  const trace = tracer.begin()
  let program: ReturnType<typeof trace.finish>
  engine().startScope('trace')
  try {
    const results = listOf(compute(...inputs.map(({ shape, dtype }) => trace.input(shape, dtype))))
    program = trace.finish(results)
  } catch (error) {
    trace.abort()
    throw error
  } finally {
    engine().endScope()
  }
  const feeds = inputs.map(make)
  const first = await program.run(feeds)
  for (const t of first) t.dispose()
  const results = await program.run(feeds)
  const read = await Promise.all(
    results.map(async (t) => ({
      shape: t.shape,
      dtype: t.dtype,
      values: (await t.data()).slice(),
    })),
  )
  for (const t of [...results, ...feeds]) t.dispose()
  program.dispose()
  return read as Result[]
}

/** Fails unless all results are close: `|a - b| <= tolerance * max(1, |a|)`, NaN with NaN. */
function expectClose(
  actual: readonly Result[],
  expected: readonly Result[],
  tolerance: number,
  label: string,
): void {
  const same = (what: string, got: unknown, want: unknown): void => {
    if (String(got) !== String(want))
      throw new Error(`${label}: ${what} is ${got}, tfjs cpu has ${want}`)
  }
  same('number of results', actual.length, expected.length)
  for (const [index, want] of expected.entries()) {
    const got = actual[index] as Result
    same(`shape of result ${index}`, got.shape, want.shape)
    same(`dtype of result ${index}`, got.dtype, want.dtype)
    const kind = { float32: 'Float32Array', int32: 'Int32Array', bool: 'Uint8Array' }[
      want.dtype as 'bool'
    ]
    if (got.values.constructor.name !== kind) {
      throw new Error(
        `${label}: result ${index} is a ${got.values.constructor.name}, expected ${kind}`,
      )
    }
    same(`length of result ${index}`, got.values.length, want.values.length)
    for (let i = 0; i < want.values.length; i++) {
      const [a, b] = [want.values[i] as number, got.values[i] as number]
      const close =
        a === b || Object.is(a, b) || Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(a))
      if (!close) throw new Error(`${label}: result ${index} at ${i} is ${b}, tfjs cpu has ${a}`)
    }
  }
}

/** Compares `compute` on `onnx`, eager and traced, with `reference` on `cpu`. */
export async function compare(
  label: string,
  compute: Computation,
  inputs: readonly Given[],
  tolerance = 1e-5,
  reference: Computation = compute,
): Promise<void> {
  await setBackend('cpu')
  const expected = eager(reference, inputs)
  await activate({ threads: 2 })
  expectClose(eager(compute, inputs), expected, tolerance, `${label}, eager`)
  expectClose(await traced(compute, inputs), expected, tolerance, `${label}, traced`)
}
