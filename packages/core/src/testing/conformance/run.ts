/** The runner of the conformance suite: every case on one backend, compared with what is right. */
import { findBackend, getBackend, setBackend } from '@tensorflow/tfjs-core'
import { prepareBackend } from '../../backend/prepare.ts'
import { check } from '../../error.ts'
import type { ConformanceCase } from './case.ts'
import { hostScore } from './case.ts'
import { conformanceCases } from './cases/index.ts'
import { compareResults } from './compare.ts'
import type { Result } from './evaluate.ts'
import { evaluate } from './evaluate.ts'
import type { Sample } from './sample.ts'
import { floats } from './sample.ts'

/** One line of the report. */
export interface ConformanceRow {
  readonly name: string
  readonly group: string
  readonly order: 0 | 1 | 2
  /** The backend, with ', compiled' where the case was recorded and replayed. */
  readonly backend: string
  /** 'reference': on cpu, where the others are compared with it and nothing else holds it to account. */
  readonly result: 'pass' | 'fail' | 'absent' | 'reference'
  /** Largest difference found, as a share of the largest expected value; Infinity where shapes or NaN disagree. */
  readonly difference: number
  /** Why it failed or is absent, in one line. */
  readonly reason?: string
}

/** Settings of {@link runConformance}. */
export interface ConformanceOptions {
  /** Default: all. */
  readonly cases?: readonly ConformanceCase[]
  /** Records each case and runs the recording, on a backend that can (`onnx`). Default false. */
  readonly compiled?: boolean
}

/**
 * Runs the cases on one backend. Expected values are loops in double precision where a case has them, else the cpu
 * backend's; cpu's own gradients are compared with finite differences.
 *
 * @param backend a tfjs backend that has been started; 'cpu' must have been too (`await useBackend('cpu')`).
 * @returns a row for each case, in their order. The active backend is the same afterwards as before.
 * @throws WinnowError where a backend has not been started.
 */
export async function runConformance(
  backend: string,
  options: ConformanceOptions = {},
): Promise<readonly ConformanceRow[]> {
  const { cases = conformanceCases, compiled = false } = options
  for (const name of ['cpu', backend]) {
    check(findBackend(name) !== null, () => `runConformance: '${name}' has not been started`)
  }
  const previous = getBackend()
  const label = compiled ? `${backend}, compiled` : backend
  const rows: ConformanceRow[] = []
  try {
    await use('cpu')
    const expected: (Expectation | undefined)[] = []
    for (const one of cases) expected.push(await expectationOf(one, backend === 'cpu'))
    await use(backend)
    for (const [i, one] of cases.entries()) {
      const { name, group, order } = one
      const verdict = await verdictOf(one, expected[i], compiled)
      rows.push({ name, group, order, backend: label, ...verdict })
    }
  } finally {
    await setBackend(previous)
  }
  return rows
}

interface Expectation {
  readonly shapes?: readonly Result[]
  readonly values?: readonly ArrayLike<number>[]
  /** The cpu backend holds itself to finite differences. */
  readonly byDifferences?: boolean
}

type Verdict = Pick<ConformanceRow, 'result' | 'difference' | 'reason'>

async function use(backend: string): Promise<void> {
  await setBackend(backend)
  prepareBackend()
}

/** What a case should give; undefined where cpu cannot say and no loop does. Made while cpu is active. */
async function expectationOf(
  one: ConformanceCase,
  onCpu: boolean,
): Promise<Expectation | undefined> {
  const values = one.truth?.(one.make())
  if (onCpu && values === undefined) return { byDifferences: one.order > 0 && one.step > 0 }
  let shapes: readonly Result[] | undefined
  try {
    shapes = await evaluate(one.run, one.make(), false)
  } catch {
    if (values === undefined) return undefined
  }
  return {
    ...(shapes === undefined ? {} : { shapes }),
    values: values ?? (shapes as readonly Result[]).map((result) => result.values),
  }
}

async function verdictOf(
  one: ConformanceCase,
  expected: Expectation | undefined,
  compiled: boolean,
): Promise<Verdict> {
  let results: readonly Result[]
  try {
    results = await evaluate(one.run, one.make(), compiled)
  } catch (thrown) {
    return verdictOfError(thrown)
  }
  if (expected === undefined) {
    return { result: 'fail', difference: Infinity, reason: 'cpu gives nothing to compare with' }
  }
  if (expected.byDifferences === true) return await finiteDifferences(one, results)
  if (expected.values === undefined) return { result: 'reference', difference: 0 }
  const { difference, reason } = compareResults(results, expected.values, expected.shapes)
  const failed = !(difference <= one.tolerance) || reason !== undefined
  if (!failed) return { result: 'pass', difference }
  return {
    result: 'fail',
    difference,
    reason: reason ?? `differs by ${difference.toExponential(1)}, allowed ${one.tolerance}`,
  }
}

function verdictOfError(thrown: unknown): Verdict {
  const [line = ''] = (thrown instanceof Error ? thrown.message : String(thrown)).split('\n')
  const absent = /kernel '?\w+'? not registered|has no kernel|no kernel/i.test(line)
  return { result: absent ? 'absent' : 'fail', difference: Infinity, reason: line.slice(0, 200) }
}

/** Two directions through all float32 inputs at once, by the five-point rule. */
async function finiteDifferences(
  one: ConformanceCase,
  slopes: readonly Result[],
): Promise<Verdict> {
  const inputs = one.make()
  let worst = 0
  for (const seed of [11, 12]) {
    const directions = inputs.map(({ shape }, i) => floats(shape, { seed: seed + 10 * i }).values)
    const scoreAt = async (offset: number): Promise<number> => {
      const moved = inputs.map((input, i): Sample => {
        if (input.dtype !== 'float32') return input
        const direction = directions[i] as Float32Array
        const values = Float32Array.from(input.values, (v, j) => v + offset * (direction[j] ?? 0))
        return { ...input, values }
      })
      return hostScore(await evaluate(one.primitive ?? one.run, moved, false))
    }
    const h = one.step
    const near = (await scoreAt(h)) - (await scoreAt(-h))
    const far = (await scoreAt(2 * h)) - (await scoreAt(-2 * h))
    const expected = (8 * near - far) / (12 * h)
    let found = 0
    let scale = 0
    const points = inputs.flatMap(({ dtype }, i) => (dtype === 'float32' ? [i] : []))
    for (const [k, i] of points.entries()) {
      const values = (slopes[k] as Result).values
      for (let j = 0; j < values.length; j++) {
        const term = (values[j] as number) * ((directions[i] as Float32Array)[j] as number)
        found += term
        scale += Math.abs(term)
      }
    }
    worst = Math.max(worst, Math.abs(found - expected) / (1 + scale))
  }
  if (worst <= 1e-3) return { result: 'pass', difference: worst }
  const reason = `the gradient differs from finite differences by ${worst.toExponential(1)}`
  return { result: 'fail', difference: worst, reason }
}
