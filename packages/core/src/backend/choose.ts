/** The choice of a backend: try in order, test each, say why the others were refused. */
import { engine, setBackend } from '@tensorflow/tfjs-core'
import { check, unknownName, WinnowError } from '../error.ts'
import type { BackendDriver, BackendOptions, StartedBackend } from './driver.ts'
import { firstLine } from './load.ts'
import { prepareBackend } from './prepare.ts'
import { selfTest } from './self-test.ts'

/** A backend that was tried and not taken. */
export interface Refusal {
  readonly name: string
  /** Why it was not taken. */
  readonly reason: string
}

/** The backend that was taken, and how it came to that. */
export interface FoundBackend {
  readonly name: string
  /** Why it was taken. */
  readonly reason: string
  /** What computes, in words. */
  readonly device: string
  /** The backends tried before it, in order. */
  readonly refused: readonly Refusal[]
}

/** What the choice depends on besides the options; tests give their own. */
export interface Surroundings {
  readonly drivers: readonly BackendDriver[]
  readonly order: readonly string[]
  /** The value of `WINNOW_BACKEND`. */
  readonly forced: string | undefined
}

/** Starts one backend, registers gradients and kernels for it, and tests it. Throws the reason where one step fails. */
export async function activate(
  driver: BackendDriver,
  options: BackendOptions,
): Promise<StartedBackend> {
  const previous = engine().backendName
  try {
    const started = await driver.start(options)
    prepareBackend()
    await selfTest()
    return started
  } catch (thrown) {
    await restore(previous)
    throw thrown
  }
}

/** Makes the tfjs backend of that name active again, if it still can be. */
export async function restore(previous: string | null | undefined): Promise<void> {
  if (previous && previous !== engine().backendName && previous in engine().registry) {
    await setBackend(previous)
  }
}

/** Chooses and activates; the work behind `useBackend`. */
export async function choose(
  options: BackendOptions,
  { drivers, order: defaultOrder, forced }: Surroundings,
): Promise<FoundBackend> {
  const names = drivers.map((driver) => driver.name)
  const driverOf = (argument: string, name: string): BackendDriver => {
    const driver = drivers.find((candidate) => candidate.name === name)
    if (driver === undefined) throw unknownName(argument, name, names)
    return driver
  }

  const argument = options.name === undefined ? 'WINNOW_BACKEND' : 'useBackend'
  const name = options.name ?? forced
  if (name !== undefined) {
    const driver = driverOf(argument, name)
    try {
      const { device } = await activate(driver, options)
      const by = argument === 'useBackend' ? 'by name' : 'by WINNOW_BACKEND'
      return { name, reason: `asked for ${by}`, device, refused: [] }
    } catch (cause) {
      throw new WinnowError(`${argument}: '${name}' does not start: ${firstLine(cause)}.`, {
        cause,
      })
    }
  }

  const order = options.order ?? defaultOrder
  check(order.length > 0, () => 'useBackend: options.order is empty; expected at least one name.')
  const candidates = order.map((candidate) => driverOf('useBackend order', candidate))
  const refused: Refusal[] = []
  for (const driver of candidates) {
    try {
      const { device } = await activate(driver, options)
      const reason = `the first of ${order.join(', ')} that works here`
      return { name: driver.name, reason, device, refused }
    } catch (thrown) {
      refused.push({ name: driver.name, reason: firstLine(thrown) })
    }
  }
  const reasons = refused.map((refusal) => `${refusal.name}: ${refusal.reason}`).join('; ')
  throw new WinnowError(`useBackend: no backend works here. ${reasons}.`)
}
