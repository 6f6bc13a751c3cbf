/**
 * tfjs as it ships, as a rival: `stock.ts BENCH wasm|cpu`. Its own kernels, its own gradients, its own Adam, run
 * eagerly; the models are ours, with tfjs variables in their slots. Nothing here calls `prepareBackend`, `fit` or
 * `compile`, which would bring our gradients and replacement kernels.
 */
import { createRequire } from 'node:module'
import type { Scalar, Tensor, Variable } from '@tensorflow/tfjs-core'
import {
  backend,
  dispose,
  setBackend,
  tensor,
  tidy,
  train,
  variable,
  version_core,
} from '@tensorflow/tfjs-core'
import { type Context, type Parameter, parameters, Rng } from '../packages/core/src/index.ts'
import { buildKernels, type Kernel } from './kernels.ts'
import { isTraining } from './names.ts'
import { KernelProfiler } from './profile/kernel-profiler.ts'
import { serve, timed, type Work, type Workload } from './serve.ts'
import { buildTraining, LEARNING_RATE, type Training } from './training.ts'

/** The package registers its gradients in a file that only bundlers can import; tsx can require it. */
function registerStockGradients(): void {
  createRequire(import.meta.url)('@tensorflow/tfjs-core/dist/register_all_gradients.js')
}

/** Runs `fn` with tfjs variables in the places of the parameters. */
function withVariables<T>(slots: readonly [Parameter, Variable][], fn: () => T): T {
  const [first, ...others] = slots
  if (first === undefined) return fn()
  return first[0].with(first[1], () => withVariables(others, fn))
}

/** The loop that tfjs's own documentation teaches: `optimizer.minimize`, then a read of the loss. */
function stockSteps({ model, data, batch, prepare }: Training): Work {
  if (prepare !== undefined) throw new Error('its batches are made by code of ours')
  const slots = [...parameters(model).values()].map((parameter): [Parameter, Variable] => [
    parameter,
    variable(parameter.value),
  ])
  const optimizer = train.adam(LEARNING_RATE)
  const rng = new Rng(0)
  let order = rng.permutation(data.length)
  let next = 0
  const step = async (): Promise<number> => {
    if (next + batch > order.length) {
      order = rng.permutation(data.length)
      next = 0
    }
    const { data: values, shape } = data.gather(order.subarray(next, next + batch)).inputs
    next += batch
    const inputs = tensor(values as Float32Array, [...shape], 'float32')
    const context: Context = {
      rng,
      step: tensor(0),
      scalars: {},
      training: true,
      update: () => undefined,
    }
    const cost = optimizer.minimize(
      () => withVariables(slots, () => model.loss({ inputs }, context).loss) as Scalar,
      true,
    ) as Tensor
    const [loss] = await cost.data()
    dispose([inputs, cost, context.step])
    return loss as number
  }
  const profiler = new KernelProfiler()
  const run = async (count: number): Promise<{ milliseconds: number[]; loss: number }> => {
    let first: number | undefined
    const milliseconds = await timed(count, async () => {
      const loss = await step()
      first ??= loss
    })
    return { milliseconds, loss: first as number }
  }
  return {
    run,
    profile: async (count) => {
      await run(2)
      profiler.start()
      await run(count)
      return profiler.stop(count)
    },
  }
}

function stockKernel({ inputs, apply }: Kernel): Work {
  return {
    run: async (count) => ({
      milliseconds: await timed(count, () => {
        tidy(() => apply(...inputs)).dispose()
      }),
    }),
  }
}

async function start(name: string): Promise<string> {
  await (name === 'wasm'
    ? import('@tensorflow/tfjs-backend-wasm')
    : import('@tensorflow/tfjs-backend-cpu'))
  if (!(await setBackend(name))) throw new Error(`tfjs could not start '${name}'`)
  registerStockGradients()
  // Silences the advertisement that the cpu backend prints when first used in Node.
  Object.assign(backend(), { firstUse: false })
  return `tfjs ${version_core} ${name}, as shipped`
}

async function build(bench: string, name: string): Promise<Workload> {
  const label = await start(name)
  const cases = new Map<string, Work>()
  if (isTraining(bench)) {
    cases.set('', stockSteps(buildTraining(bench)))
  } else {
    for (const [kernel, work] of buildKernels(bench)) cases.set(kernel, stockKernel(work))
  }
  return { label, cases }
}

const [bench = '', name = ''] = process.argv.slice(2)
await serve(() => build(bench, name))
