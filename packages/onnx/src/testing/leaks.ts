/** For tests: many steps of training, and what stays in memory after them. */
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core'
import {
  add,
  backend,
  dispose,
  exp,
  matMul,
  memory,
  mul,
  scalar,
  square,
  sub,
  sum,
  tensor2d,
  tidy,
  zeros,
} from '@tensorflow/tfjs-core'
import type { Program } from '@winnow/core'
import { activeTracer } from '@winnow/core'
import type { GraphMemory } from '@winnow/graph'

/** What must not grow. */
export interface Held {
  readonly tensors: number
  readonly dataIds: number
  readonly sessions: number
  readonly pendingNodes: number
}

export function held(): Held {
  const { numTensors, sessions, pendingNodes } = memory() as unknown as GraphMemory & {
    numTensors: number
  }
  return { tensors: numTensors, dataIds: backend().numDataIds(), sessions, pendingNodes }
}

/** Resident bytes after a collection, where the process allows one. */
export function residentBytes(): number {
  const { gc } = globalThis as { gc?: () => void }
  gc?.()
  return process.memoryUsage().rss
}

const [rows, columns] = [64, 128]

function update(x: Tensor, w: Tensor, rate: Tensor): { loss: Tensor; next: Tensor } {
  const product = matMul(x as Tensor2D, w as Tensor2D)
  const gradient = matMul(x as Tensor2D, product, true)
  return { loss: sum(square(product)), next: sub(w, mul(gradient, rate)) }
}

const data = (): Float32Array =>
  Float32Array.from({ length: rows * columns }, (_, i) => Math.sin(i))

/** Runs `steps` steps of one program, calling `check` after each. */
export async function compiledSteps(steps: number, check: (step: number) => void): Promise<void> {
  const x = tensor2d(data(), [rows, columns])
  const rate = scalar(1e-6)
  let w: Tensor = add(zeros([columns, columns]), rate)
  const trace = activeTracer()?.begin()
  let program: Program | undefined
  tidy(() => {
    if (trace === undefined) throw new Error('no tracer')
    const [px, pw, pr] = [
      trace.input(x.shape, 'float32'),
      trace.input(w.shape, 'float32'),
      trace.input([], 'float32'),
    ]
    const { loss, next } = update(px, pw, pr)
    program = trace.finish([loss, next])
  })
  for (let step = 0; step < steps; step++) {
    const [loss, next] = (await (program as unknown as Program).run([x, w, rate])) as [
      Tensor,
      Tensor,
    ]
    dispose([loss, w])
    w = next
    check(step)
  }
  ;(program as unknown as Program).dispose()
  dispose([x, rate, w])
}

/** Runs `steps` steps eagerly, reading the loss of each. */
export async function eagerSteps(steps: number, check: (step: number) => void): Promise<void> {
  const x = tensor2d(data(), [rows, columns])
  const rate = scalar(1e-6)
  let w: Tensor = zeros([columns, columns])
  for (let step = 0; step < steps; step++) {
    const { loss, next } = tidy(() => update(x, w, rate))
    await loss.data()
    dispose([loss, w])
    w = next
    check(step)
  }
  dispose([x, rate, w])
}

/** One small computation for each of `count` batch sizes. */
export async function manyShapes(count: number, check: (batch: number) => void): Promise<void> {
  for (let batch = 1; batch <= count; batch++) {
    const y = tidy(() =>
      sum(matMul(exp(zeros([batch, columns])) as Tensor2D, zeros([columns, 32]) as Tensor2D)),
    )
    await y.data()
    y.dispose()
    check(batch)
  }
}
