/** `useBackend` and `backends`: what computes is chosen at run time, and the choice says why. */
import { engine } from '@tensorflow/tfjs-core'
import { check } from '../error.ts'
import type { FoundBackend, Surroundings } from './choose.ts'
import { activate, choose, restore } from './choose.ts'
import type { BackendOptions } from './driver.ts'
import { runsInNode } from './driver.ts'
import { cpuDriver } from './drivers/cpu.ts'
import { cudaDriver } from './drivers/cuda.ts'
import { onnxDriver } from './drivers/onnx.ts'
import { wasmDriver } from './drivers/wasm.ts'
import { webgpuDriver } from './drivers/webgpu.ts'
import { firstLine } from './load.ts'
import { replaceBy } from './replace.ts'

/** The backends in the order in which they are tried: the fastest first. */
const drivers = [cudaDriver, webgpuDriver, onnxDriver, wasmDriver, cpuDriver]

function surroundings(): Surroundings {
  const inNode = runsInNode()
  return {
    drivers,
    order: inNode ? ['cuda', 'webgpu', 'onnx', 'wasm', 'cpu'] : ['webgpu', 'wasm', 'cpu'],
    forced: (inNode && process.env['WINNOW_BACKEND']) || undefined,
  }
}

/**
 * Activates a tfjs backend fit for training: the best that works here, or the one asked for. Each candidate is started,
 * given core's gradients and replacement kernels, and must pass a self-test.
 *
 * The order is `webgpu`, `wasm`, `cpu` in a browser and `cuda`, `webgpu`, `onnx`, `wasm`, `cpu` in Node; a name in the
 * arguments forces one, else the environment variable `WINNOW_BACKEND` does. WebGPU adapters that run on the CPU are
 * refused unless `software` is true.
 *
 * @param choice a name, or options
 * @throws WinnowError where a forced backend does not start, none does, or a name is unknown
 */
export async function useBackend(choice: string | BackendOptions = {}): Promise<FoundBackend> {
  const options = typeof choice === 'string' ? { name: choice } : choice
  const found = await choose(options, surroundings())
  replaceBy((failed, without) => another(options, failed, without))
  return found
}

/** What takes over: the failed backend anew, then the others in order. A name that was forced is no more than the first. */
async function another(
  { name: _, ...options }: BackendOptions,
  failed: string,
  without: readonly string[],
): Promise<FoundBackend> {
  const { drivers, order: all } = surroundings()
  const names = options.order ?? all
  const order = [failed, ...names.filter((name) => name !== failed)].filter(
    (name) => !without.includes(name),
  )
  check(order.length > 0, () => `no other is among ${names.join(', ')}`)
  return choose({ ...options, order }, { drivers, order: all, forced: undefined })
}

/** One line of the table of {@link backends}. */
export interface BackendReport {
  readonly name: string
  readonly available: boolean
  /** Why it is available or not. */
  readonly reason: string
  /** What would compute, in words; absent where the backend does not start. */
  readonly device?: string
}

/**
 * Tries every backend and reports, in the order of preference. The backend that was active before is active again
 * afterwards; where there was none, the best of the table is.
 */
export async function backends(options: BackendOptions = {}): Promise<readonly BackendReport[]> {
  return probe(options, surroundings())
}

/** The work behind {@link backends}. */
export async function probe(
  options: BackendOptions,
  { drivers, order }: Surroundings,
): Promise<readonly BackendReport[]> {
  const previous = engine().backendName
  const reports: BackendReport[] = []
  let best: string | undefined
  for (const name of options.order ?? order) {
    const driver = drivers.find((candidate) => candidate.name === name)
    if (driver === undefined) continue
    try {
      const { device } = await activate(driver, options)
      best ??= engine().backendName
      reports.push({ name, available: true, reason: 'works here', device })
    } catch (thrown) {
      reports.push({ name, available: false, reason: firstLine(thrown) })
    }
  }
  await restore(previous ?? best)
  return reports
}
