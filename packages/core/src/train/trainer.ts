/**
 * What runs under `fit`: the phases' compiled steps, the number of updates made, and the schedules.
 */
import { add, dispose, scalar, slice, type Tensor } from '@tensorflow/tfjs-core'
import { DeviceError } from '../backend/device-error.ts'
import type { DataSource } from '../data/as-batches.ts'
import { WinnowError } from '../error.ts'
import { gradient } from '../gradients/gradient.ts'
import { type Module, parameters, type Selector } from '../module.ts'
import type { Optimizer } from '../optim/optimizer.ts'
import { Rng } from '../rng.ts'
import { mapTree, tensorsOf } from '../tree.ts'
import { deadUnitWarnings } from './dead-units.ts'
import { Evaluator, qualified, scalarTensors } from './evaluate.ts'
import type { Metrics } from './history.ts'
import { locateNonFinite } from './locate.ts'
import { type Batch, type Context, phasesOf, type Trainable } from './objective.ts'
import { type PhaseStep, phaseStep } from './step.ts'

/** Enough to tell a dead unit, and a small part of a step's time and memory. */
const EXAMPLES_LOOKED_AT = 32

export interface TrainerOptions {
  readonly optimizer: Optimizer
  readonly seed: number
  readonly selector: Selector
  readonly scalars: Readonly<Record<string, (step: number) => number>>
}

/** Where a run is. */
interface Place {
  /** Updates made before. */
  readonly step: number
  /** From 1. */
  readonly epoch: number
}

/** The phases' steps and what they share. */
export class Trainer<B extends Batch> implements Disposable {
  readonly #objective: Trainable<B>
  readonly #phases: readonly PhaseStep<B>[]
  readonly #scalars: Readonly<Record<string, (step: number) => number>>
  readonly #rng: Rng
  #evaluator: Evaluator<B> | undefined
  #metrics: Metrics = {}

  constructor(objective: Trainable<B>, options: TrainerOptions) {
    this.#objective = objective
    this.#scalars = options.scalars
    this.#rng = new Rng(options.seed).fold(1)
    this.#phases = phasesOf<B>(objective).map((phase) =>
      phaseStep<B>(objective, phase, {
        optimizer: options.optimizer,
        selector: options.selector,
        commitIf: (metrics) => {
          this.#metrics = metrics
          return Object.values(metrics).every(Number.isFinite)
        },
      }),
    )
  }

  /** The optimisers' memories, one for each phase. */
  get memories(): readonly Module[] {
    return this.#phases.map(({ memory }) => memory)
  }

  /** One step: every phase whose turn it is. Returns the metrics of all. */
  async update(batches: readonly Batch[], place: Place): Promise<Metrics> {
    const { step } = place
    const rng = this.#rng.fold(step)
    const all: [string, number][] = []
    for (const [index, phaseRun] of this.#phases.entries()) {
      const { phase, optimizer, run } = phaseRun
      if (step % (phase.every ?? 1) !== 0) continue
      const inputs = {
        step: scalar(step),
        scalars: scalarTensors(this.#scheduled(step)),
        optimizer: scalarTensors(optimizer.scalars(step)),
      }
      try {
        await run(batches as readonly B[], rng.fold(index), inputs, step)
        const bad = Object.entries(this.#metrics).find(([, value]) => !Number.isFinite(value))
        if (bad !== undefined) {
          throw await this.#notFinite(bad, phaseRun, batches, rng.fold(index), inputs, place)
        }
      } finally {
        dispose(inputs as never)
      }
      for (const [name, value] of Object.entries(this.#metrics))
        all.push([qualified(phase.name, name), value])
    }
    for (const { steps, run } of this.#objective.every ?? []) {
      if ((step + 1) % steps === 0) await run({ step: step + 1, rng: rng.split() })
    }
    return Object.fromEntries(all)
  }

  async validate(
    data: DataSource,
    options: { readonly batch: number; readonly seed: number; readonly step: number },
  ): Promise<Metrics> {
    const { step, ...rest } = options
    this.#evaluator ??= new Evaluator<B>(this.#objective)
    return await this.#evaluator.evaluate(data, { ...rest, scalars: this.#scheduled(step) })
  }

  /** Warnings of dead units in the first phase, from one eager pass over a few examples, without an update. */
  async deadUnits(batch: B, step: number): Promise<readonly string[]> {
    const few = firstExamples(batch)
    if (few === undefined) return await this.#deadUnits(batch, step)
    try {
      return await this.#deadUnits(few, step)
    } catch (error) {
      if (error instanceof DeviceError) throw error
      // A loss for one batch size alone (it compares with a table of as many rows, say) takes the whole batch only. Whatever
      // else is wrong is so there too.
      return await this.#deadUnits(batch, step)
    } finally {
      dispose(few as never)
    }
  }

  async #deadUnits(batch: B, step: number): Promise<readonly string[]> {
    const [first] = this.#phases
    const inputs = { step: scalar(step), scalars: scalarTensors(this.#scheduled(step)) }
    const fixed = { ...inputs, training: false, update: () => undefined }
    try {
      return await deadUnitWarnings(this.#objective, this.#rng.fold(step), (rng) =>
        first?.phase.loss(batch, { ...fixed, rng }),
      )
    } finally {
      dispose(inputs as never)
    }
  }

  #scheduled(step: number): Metrics {
    return Object.fromEntries(
      Object.entries(this.#scalars).map(([name, schedule]) => [name, schedule(step)]),
    )
  }

  async #notFinite(
    [metric, value]: [string, number],
    { phase }: PhaseStep<B>,
    batches: readonly Batch[],
    rng: Rng,
    inputs: Pick<Context, 'step' | 'scalars'>,
    { step, epoch }: Place,
  ): Promise<WinnowError> {
    const named = parameters(this.#objective)
    const gradients = (own: Rng): ReadonlyMap<string, Tensor> => {
      const context = { ...inputs, rng: own, training: true, update: () => undefined }
      const values = [...named.values()].map((parameter) => parameter.value)
      const all = batches.map((batch) =>
        gradient(() => phase.loss(batch as B, context).loss, values),
      )
      const sums = all.reduce((a, b) => a.map((sum, i) => add(sum, b[i] as Tensor)))
      return new Map([...named.keys()].map((path, i) => [path, sums[i] as Tensor]))
    }
    const where = await locateNonFinite(this.#objective, batches, { rng, gradients })
    const nowhere =
      metric === 'gradientNorm'
        ? 'the norm itself, of exploding gradients that are finite still (clip them with clipNorm, or lower the learning rate)'
        : 'nothing in the replay'
    return new WinnowError(
      `fit: ${qualified(phase.name, metric)} is ${value} at step ${step + 1} (epoch ${epoch}); ` +
        `first not finite: ${where ?? nowhere}. ` +
        'The parameters are as before this step.',
    )
  }

  dispose(): void {
    for (const phase of this.#phases) phase.dispose()
    this.#evaluator?.dispose()
  }

  [Symbol.dispose](): void {
    this.dispose()
  }
}

/** The first examples of a batch, as tensors of their own; undefined where it holds no more. */
function firstExamples<B extends Batch>(batch: B): B | undefined {
  const [count = 0] = tensorsOf(batch)[0]?.shape ?? []
  if (count <= EXAMPLES_LOOKED_AT) return undefined
  return mapTree(batch, (leaf) =>
    leaf instanceof Rng ? leaf : slice(leaf, 0, EXAMPLES_LOOKED_AT),
  ) as B
}
