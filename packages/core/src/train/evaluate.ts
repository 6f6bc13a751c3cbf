/**
 * Metrics of an objective over a dataset, without updates: means weighted by batch size.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { dispose, scalar } from '@tensorflow/tfjs-core'
import { asBatches, type DataSource } from '../data/as-batches.ts'
import type { HostBatch } from '../data/host-array.ts'
import { check } from '../error.ts'
import { Rng } from '../rng.ts'
import { addToMean, type MeanState, type Metrics, meanOf } from './history.ts'
import { type Batch, phasesOf, type Trainable } from './objective.ts'
import { loadEpoch } from './source.ts'
import { evaluationStep } from './step.ts'

/** Options of {@link evaluate}. */
export interface EvaluateOptions {
  /** Items per batch where the data is not in batches yet; 128 by default. */
  readonly batch?: number
  /** Seed of the random draws, the same at every evaluation so that two compare; 0 by default. */
  readonly seed?: number
  /** Values of the schedules that the loss reads, by name. */
  readonly scalars?: Metrics
  readonly signal?: AbortSignal
}

/** Evaluates every phase; with several, names are `phase.metric`. The evaluator keeps its compiled steps. */
export class Evaluator<B extends Batch> implements Disposable {
  readonly #steps: readonly { name: string; run: ReturnType<typeof evaluationStep<B>> }[]

  readonly #objective: Trainable<B>

  constructor(objective: Trainable<B>) {
    this.#objective = objective
    this.#steps = phasesOf<B>(objective).map((phase) => ({
      name: phase.name,
      run: evaluationStep(objective, phase),
    }))
  }

  /** @throws WinnowError when the data hold no item */
  async evaluate(data: DataSource, options: EvaluateOptions = {}): Promise<Metrics> {
    const { batch = 128, seed = 0, scalars = {}, signal } = options
    const mean: MeanState = {}
    const rng = new Rng(seed)
    const checkData = (host: HostBatch): void => this.#objective.checkData?.(host)
    const pass = { rng: rng.fold(0), epoch: 0, check: checkData }
    let index = 0
    for await (const loaded of loadEpoch<B>(
      asBatches(data, { size: batch, partial: 'keep' }),
      pass,
    )) {
      const inputs = { step: scalar(0), scalars: scalarTensors(scalars) }
      try {
        for (const { name, run } of this.#steps) {
          const { names, values } = await run(loaded.batch, rng.fold(index + 1), inputs)
          const numbers = await values.data().finally(() => values.dispose())
          const metrics = names.map((metric, i) => [qualified(name, metric), numbers[i] as number])
          addToMean(mean, Object.fromEntries(metrics), loaded.count)
        }
      } finally {
        dispose([loaded.batch, inputs] as never)
      }
      index++
      signal?.throwIfAborted()
    }
    check(index > 0, () => 'evaluate: data: no item came, expected at least one')
    return meanOf(mean)
  }

  dispose(): void {
    for (const { run } of this.#steps) run.dispose()
  }

  [Symbol.dispose](): void {
    this.dispose()
  }
}

/** Metrics of an objective over a dataset: `{ loss, ... }`, means over the items. */
export async function evaluate<B extends Batch>(
  objective: Trainable<B>,
  data: DataSource,
  options: EvaluateOptions = {},
): Promise<Metrics> {
  using evaluator = new Evaluator<B>(objective)
  return await evaluator.evaluate(data, options)
}

export function scalarTensors(numbers: Metrics): Record<string, Tensor> {
  return Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, scalar(value)]))
}

/** A metric's name with its phase before it, where phases have names. */
export function qualified(phase: string, metric: string): string {
  return phase === '' ? metric : `${phase}.${metric}`
}
