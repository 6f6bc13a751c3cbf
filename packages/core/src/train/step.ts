/**
 * One update as one compiled function: loss and gradients of each micro-batch, the objective's hooks, the optimiser's
 * update, and States committed once, only if the loss and the gradients are finite.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { add, concat, mul, reshape, scalar, sqrt, square, sum } from '@tensorflow/tfjs-core'
import { type Compiled, compile } from '../compile.ts'
import { valueAndGradient } from '../gradients/gradient.ts'
import { type Module, parameters, type Selector } from '../module.ts'
import type { Named, Optimizer } from '../optim/optimizer.ts'
import type { Rng } from '../rng.ts'
import type { State } from '../slot.ts'
import { HostUpdate } from './host-update.ts'
import type { Batch, Context, LossResult, Objective, Phase } from './objective.ts'

/** Metrics of one evaluation, all in one tensor so that one read brings them: `values` is `[names.length]`. */
export interface MetricVector {
  readonly names: readonly string[]
  readonly values: Tensor
}

/** Numbers that enter a step from the host, as float32 scalars. */
export interface StepInputs {
  readonly step: Tensor
  readonly scalars: Readonly<Record<string, Tensor>>
  readonly optimizer: Readonly<Record<string, Tensor>>
}

/** One player's update with the memory of its optimiser. */
export interface PhaseStep<B extends Batch = Batch> extends Disposable {
  readonly phase: Phase<B>
  readonly optimizer: Optimizer
  readonly memory: Module
  /**
   * One update.
   * @param step the number of updates made before
   */
  run(batches: readonly B[], rng: Rng, inputs: StepInputs, step: number): Promise<void>
  dispose(): void
}

/** What a phase's step is made of. */
export interface PhaseStepOptions {
  readonly optimizer: Optimizer
  readonly selector: Selector
  /** Called with the metrics on the host before anything is committed; says whether to commit. */
  readonly commitIf: (metrics: HostMetrics) => boolean
}

/** Metrics by name on the host. */
export type HostMetrics = Readonly<Record<string, number>>

type Hooks<B extends Batch> = Pick<Objective<B>, 'afterGradients' | 'afterUpdate'>

export function phaseStep<B extends Batch>(
  objective: Module & Hooks<B>,
  phase: Phase<B>,
  options: PhaseStepOptions,
): PhaseStep<B> {
  const { selector, commitIf } = options
  const optimizer = phase.optimizer ?? options.optimizer
  const own = phase.parameters
  const chosen = parameters(
    objective,
    (path, slot) => selector(path, slot) && (own === undefined || own(path, slot)),
  )
  const memory = optimizer.create(chosen)
  const host = HostUpdate.of(optimizer, chosen, memory)
  let committed: HostMetrics | undefined

  const forwardAndBackward = (
    batches: readonly Batch[],
    rng: Rng,
    inputs: StepInputs,
  ): { metrics: MetricVector; gradients: Named<Tensor> } => {
    const pending = new Map<State, Tensor>()
    const context = makeContext(rng, inputs, true, pending)
    const before = new Map([...chosen].map(([path, parameter]) => [path, parameter.value]))
    const micro = batches.map((batch) => differentiate(phase, batch as B, context, before, pending))
    const raw: Named<Tensor> = new Map(
      [...before.keys()].map((path, i) => [path, mean(micro.map((m) => m.gradients[i] as Tensor))]),
    )
    const gradients = objective.afterGradients?.(raw, context) ?? raw
    if (host === undefined) {
      const changes = optimizer.update(gradients, memory, {
        parameters: before,
        scalars: inputs.optimizer,
        rng,
      })
      for (const [path, change] of changes) {
        const parameter = chosen.get(path)
        if (parameter !== undefined) parameter.assign(add(parameter.value, change))
      }
    }
    for (const [state, value] of pending) state.assign(value)
    if (host === undefined) objective.afterUpdate?.(context)
    const first = (micro[0] as Differentiated).metrics
    const averaged = Object.fromEntries(
      Object.keys(first).map((name) => [name, mean(micro.map((m) => m.metrics[name] as Tensor))]),
    )
    const metrics = metricVector({ ...averaged, gradientNorm: globalNorm(raw) })
    return { metrics, gradients: host === undefined ? new Map() : gradients }
  }

  const step = compile(forwardAndBackward, {
    modules: [objective, memory],
    commitIf: async ({ metrics }) => {
      const numbers = await hostMetrics(metrics)
      committed = commitIf(numbers) ? numbers : undefined
      return committed !== undefined
    },
    storage: ({ gradients }) => host?.storage(gradients) ?? new Map(),
  })
  const constrain = compile(
    (rng: Rng, inputs: StepInputs) =>
      objective.afterUpdate?.(makeContext(rng, inputs, true, new Map())),
    { modules: [objective] },
  )

  const run = async (
    batches: readonly B[],
    rng: Rng,
    inputs: StepInputs,
    count: number,
  ): Promise<void> => {
    const { metrics, gradients } = await step(batches, rng, inputs)
    metrics.values.dispose()
    if (host === undefined) return
    if (committed !== undefined) {
      // The norm that was measured is that of the gradients as they were before the hook.
      const norm = objective.afterGradients === undefined ? committed['gradientNorm'] : undefined
      host.apply(gradients, { step: count, globalNorm: norm })
    }
    for (const gradient of gradients.values()) gradient.dispose()
    if (committed !== undefined && objective.afterUpdate !== undefined)
      await constrain(rng.split(), inputs)
  }
  const dispose = (): void => {
    step.dispose()
    constrain.dispose()
    memory.dispose()
  }
  return { phase, optimizer, memory, run, dispose, [Symbol.dispose]: dispose }
}

/** The mean of tensors of one shape. */
function mean(tensors: readonly Tensor[]): Tensor {
  if (tensors.length === 1) return tensors[0] as Tensor
  return mul(
    tensors.reduce((a, b) => add(a, b)),
    1 / tensors.length,
  )
}

/** Reads all metrics at once. */
async function hostMetrics({ names, values }: MetricVector): Promise<HostMetrics> {
  const numbers = await values.data()
  return Object.fromEntries(names.map((name, i) => [name, numbers[i] as number]))
}

/** Loss and metrics of a batch without an update: States stay as they are. */
export function evaluationStep<B extends Batch>(
  objective: Module,
  phase: Phase<B>,
): Compiled<[batch: Batch, rng: Rng, inputs: Omit<StepInputs, 'optimizer'>], MetricVector> {
  return compile(
    (batch, rng, inputs) =>
      metricVector(phase.loss(batch as B, makeContext(rng, inputs, false, new Map()))),
    { modules: [objective] },
  )
}

interface Differentiated {
  readonly metrics: LossResult
  readonly gradients: readonly Tensor[]
}

/** Values put in `pending` leave the gradient's scope as auxiliary results, which keeps them alive. */
function differentiate<B extends Batch>(
  phase: Phase<B>,
  batch: B,
  context: Context,
  before: Named<Tensor>,
  pending: Map<State, Tensor>,
): Differentiated {
  let names: string[] = []
  let states: State[] = []
  const { values, gradients } = valueAndGradient(() => {
    const result = phase.loss(batch, context)
    names = Object.keys(result)
    states = [...pending.keys()]
    const kept = Object.fromEntries([...pending.values()].map((value, i) => [`state:${i}`, value]))
    return { ...result, ...kept }
  }, [...before.values()])
  for (const [i, state] of states.entries()) pending.set(state, values[`state:${i}`] as Tensor)
  const metrics = Object.fromEntries(names.map((name) => [name, values[name] as Tensor]))
  return { metrics: metrics as LossResult, gradients }
}

function makeContext(
  rng: Rng,
  inputs: Pick<StepInputs, 'step' | 'scalars'>,
  training: boolean,
  pending: Map<State, Tensor>,
): Context {
  const update = (state: State, value: Tensor): void => {
    if (training) pending.set(state, value)
  }
  return { rng, step: inputs.step, scalars: inputs.scalars, training, update }
}

function metricVector(metrics: Readonly<Record<string, Tensor>>): MetricVector {
  const names = Object.keys(metrics)
  return { names, values: concat(names.map((name) => reshape(metrics[name] as Tensor, [1]))) }
}

function globalNorm(gradients: Named<Tensor>): Tensor {
  const squares = [...gradients.values()].map((gradient): Tensor => sum(square(gradient)))
  return sqrt(squares.reduce((a, b) => add(a, b), scalar(0)))
}
