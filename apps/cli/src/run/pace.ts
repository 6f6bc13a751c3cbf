/**
 * How long a run is: as many updates as were asked for, or as many as fit in a stretch of time here, which a throw-away
 * model finds out. The run itself is then a function of that number alone.
 */
import { adam, type Batches, fit, type Optimizer, type Trainable, WinnowError } from '@winnow/core'
import { number } from '../progress-bar.ts'
import type { RunSettings } from './kind.ts'

const WARM_STEPS = 5
const TIMED_STEPS = 10
const TIMED_SECONDS = 3

export interface Plan {
  /** Updates to make. */
  readonly steps: number
  /** How that number came about, where it was measured. */
  readonly reason?: string
}

/** What is timed. */
export interface Pacing {
  readonly training: Batches
  readonly stepsPerEpoch: number
  /** Makes a model to throw away. */
  model(): Trainable
  /** Adam where none is given. */
  readonly optimizer?: Optimizer
}

/** What the settings ask for: `steps`, else `epochs`, else `minutes`, else `defaultMinutes`. */
export async function plan(
  pacing: Pacing,
  settings: Pick<RunSettings, 'steps' | 'epochs' | 'minutes'>,
  defaultMinutes: number,
): Promise<Plan> {
  const { steps, epochs, minutes = defaultMinutes } = settings
  if (steps !== undefined) return { steps }
  if (epochs !== undefined) return { steps: epochs * pacing.stepsPerEpoch }
  const each = await secondsPerStep(pacing, { budget: minutes * 60 })
  const measured = Math.max(1, Math.floor((minutes * 60) / each))
  const reason =
    `${minutes} ${minutes === 1 ? 'minute holds' : 'minutes hold'} ${number(measured)} updates of ` +
    `${(each * 1000).toFixed(each < 0.01 ? 1 : 0)} ms here; --steps ${measured} gives the same model on this backend`
  return { steps: measured, reason }
}

/**
 * Seconds that one update takes, once warm.
 *
 * @param options.budget seconds of the run to come: no more than a tenth of them is spent on measuring, but for the least
 *   number of steps
 * @param options.now seconds from any origin
 */
export async function secondsPerStep(
  pacing: Pacing,
  options: { readonly budget: number; readonly now?: () => number },
): Promise<number> {
  const { budget, now = () => performance.now() / 1000 } = options
  using model = pacing.model()
  const enough = new AbortController()
  const least = Math.min(TIMED_SECONDS, budget / 10)
  let start = 0
  let seconds = 0
  let timed = 0
  await fit(model, pacing.training, {
    epochs: Number.MAX_SAFE_INTEGER,
    optimizer: pacing.optimizer ?? adam({ learningRate: 1e-4 }),
    signal: enough.signal,
    callbacks: [
      {
        onStep({ step }) {
          const time = now()
          if (step === WARM_STEPS) start = time
          if (step <= WARM_STEPS) return
          timed = step - WARM_STEPS
          seconds = time - start
          if (timed >= TIMED_STEPS && seconds >= least) enough.abort()
        },
      },
    ],
  })
  if (!(seconds > 0)) throw new WinnowError('--minutes: the clock stands still; take --steps')
  return seconds / timed
}
