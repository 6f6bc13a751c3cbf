import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { slots } from '../module.ts'
import { Rng } from '../rng.ts'
import { Parameter } from '../slot.ts'
import { applyUpdates, type Named, type Optimizer } from './optimizer.ts'
import { adam, adamW, lion, sgd } from './optimizers.ts'

beforeAll(async () => {
  await tf.setBackend('cpu')
})

/** Runs an optimiser on given gradients, `[step][parameter]`, and returns the parameters after each step. */
function trajectory(
  optimizer: Optimizer,
  start: Float64Array,
  gradients: Float64Array[],
  shape: number[],
): number[][] {
  const parameter = new Parameter(tf.tensor(Array.from(start), shape))
  const named: Named<Parameter> = new Map([['layer.weight', parameter]])
  const memory = optimizer.create(named)
  const seen = gradients.map((gradient, step) => {
    tf.tidy(() => {
      const scalars = Object.fromEntries(
        Object.entries(optimizer.scalars(step)).map(([name, value]) => [name, tf.scalar(value)]),
      )
      const values = new Map([['layer.weight', parameter.value]])
      const given = new Map([['layer.weight', tf.tensor(Array.from(gradient), shape)]])
      applyUpdates(
        named,
        optimizer.update(given, memory, { parameters: values, scalars, rng: new Rng(0) }),
      )
    })
    return Array.from(parameter.value.dataSync())
  })
  memory.dispose()
  parameter.dispose()
  return seen
}

function problem(
  seed: number,
  steps = 30,
  size = 6,
): { start: Float64Array; gradients: Float64Array[] } {
  const rng = new Rng(seed)
  const draw = (deviation: number): Float64Array =>
    Float64Array.from(rng.normalValues(size, 0, deviation))
  return {
    start: draw(1),
    gradients: Array.from({ length: steps }, (_, i) => draw(10 ** ((i % 5) - 3))),
  }
}

/** A plain loop in float64: `rule(p, g, memory, t)` gives the new parameter. */
function reference(
  { start, gradients }: ReturnType<typeof problem>,
  rule: (p: number, g: number, memory: { a: number; b: number }, t: number) => number,
): number[][] {
  const p = Array.from(start)
  const memory = p.map(() => ({ a: 0, b: 0 }))
  return gradients.map((gradient, step) => {
    p.forEach((value, i) => {
      p[i] = rule(value, gradient[i]!, memory[i]!, step + 1)
    })
    return [...p]
  })
}

function expectNear(actual: number[][], expected: number[][], tolerance = 2e-6): void {
  let worst = 0
  actual.forEach((row, i) => {
    row.forEach((value, j) => {
      worst = Math.max(
        worst,
        Math.abs(value - expected[i]![j]!) / Math.max(1, Math.abs(expected[i]![j]!)),
      )
    })
  })
  expect(worst).toBeLessThan(tolerance)
}

describe('against a plain float64 loop', () => {
  it('adam keeps epsilon outside the root and frees both averages of bias', () => {
    const given = problem(1)
    const [lr, b1, b2, eps] = [0.05, 0.8, 0.95, 0.01] as const
    const optimizer = adam({ learningRate: lr, betas: [b1, b2], epsilon: eps })
    expectNear(
      trajectory(optimizer, given.start, given.gradients, [2, 3]),
      reference(given, (p, g, m, t) => {
        m.a = b1 * m.a + (1 - b1) * g
        m.b = b2 * m.b + (1 - b2) * g * g
        return p - (lr * (m.a / (1 - b1 ** t))) / (Math.sqrt(m.b / (1 - b2 ** t)) + eps)
      }),
    )
  })

  it('adamW takes weightDecay times the learning rate off the parameter, matrices only', () => {
    const given = problem(2)
    const [lr, decay] = [0.03, 0.4] as const
    const optimizer = adamW({ learningRate: (step) => lr / (1 + step), weightDecay: decay })
    const rule = (wd: number) =>
      reference(given, (p, g, m, t) => {
        const rate = lr / t
        m.a = 0.9 * m.a + 0.1 * g
        m.b = 0.999 * m.b + 0.001 * g * g
        const direction = m.a / (1 - 0.9 ** t) / (Math.sqrt(m.b / (1 - 0.999 ** t)) + 1e-8)
        return p * (1 - rate * wd) - rate * direction
      })
    expectNear(trajectory(optimizer, given.start, given.gradients, [2, 3]), rule(decay))
    expectNear(trajectory(optimizer, given.start, given.gradients, [6]), rule(0))
    const all = adamW({
      learningRate: (step) => lr / (1 + step),
      weightDecay: decay,
      decay: () => true,
    })
    expectNear(trajectory(all, given.start, given.gradients, [6]), rule(decay))
  })

  it.each([false, true])(
    'sgd has momentum as PyTorch, nesterov %s, with an L2 penalty',
    (nesterov) => {
      const given = problem(3)
      const [lr, mu, wd] = [0.02, 0.7, 0.1] as const
      const optimizer = sgd({ learningRate: lr, momentum: mu, nesterov, weightDecay: wd })
      expectNear(
        trajectory(optimizer, given.start, given.gradients, [3, 2]),
        reference(given, (p, g, m) => {
          const penalised = g + wd * p
          m.a = mu * m.a + penalised
          return p - lr * (nesterov ? penalised + mu * m.a : m.a)
        }),
        5e-6,
      )
    },
  )

  it('lion takes the sign of the first interpolation and remembers the second', () => {
    const given = problem(4)
    const [lr, b1, b2, wd] = [0.01, 0.7, 0.9, 0.2] as const
    const optimizer = lion({ learningRate: lr, betas: [b1, b2], weightDecay: wd })
    expectNear(
      trajectory(optimizer, given.start, given.gradients, [6, 1]),
      reference(given, (p, g, m) => {
        const direction = Math.sign(b1 * m.a + (1 - b1) * g)
        m.a = b2 * m.a + (1 - b2) * g
        return p * (1 - lr * wd) - lr * direction
      }),
    )
  })
})

/** Minimises the Rosenbrock function from (-1.2, 1) and returns where it ends. */
function rosenbrock(optimizer: Optimizer, steps: number): number[] {
  const named: Named<Parameter> = new Map([['place', new Parameter(tf.tensor1d([-1.2, 1]))]])
  const parameter = named.get('place')!
  const memory = optimizer.create(named)
  for (let step = 0; step < steps; step++) {
    const [x, y] = parameter.value.dataSync() as Float32Array as unknown as [number, number]
    tf.tidy(() => {
      const gradient = tf.tensor1d([-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)])
      const scalars = Object.fromEntries(
        Object.entries(optimizer.scalars(step)).map(([name, value]) => [name, tf.scalar(value)]),
      )
      const parameters = new Map([['place', parameter.value]])
      const updates = optimizer.update(new Map([['place', gradient]]), memory, {
        parameters,
        scalars,
      })
      applyUpdates(named, updates)
    })
  }
  const end = Array.from(parameter.value.dataSync())
  memory.dispose()
  parameter.dispose()
  return end
}

describe('convergence on the Rosenbrock function', () => {
  it.each([
    ['sgd', sgd({ learningRate: 1e-3, momentum: 0.9, nesterov: true }), 0.02],
    ['adam', adam({ learningRate: 0.02 }), 0.02],
    ['lion', lion({ learningRate: (step) => 0.01 / (1 + step / 300) }), 0.1],
  ] as const)('%s', (_, optimizer, distance) => {
    const [x, y] = rosenbrock(optimizer, 3000) as [number, number]
    expect(Math.hypot(x - 1, y - 1)).toBeLessThan(distance)
  })
})

describe('memory and options', () => {
  it('names States by part, kind and parameter', () => {
    const parameter = new Parameter(tf.zeros([2, 2]))
    const memory = adamW({ learningRate: 1e-3, clipNorm: 1 }).create(
      new Map([['encoder.weight', parameter]]),
    )
    expect([...slots(memory).keys()]).toEqual([
      'adam.first.encoder.weight',
      'adam.second.encoder.weight',
    ])
    expect(Object.keys(adamW({ learningRate: 1e-3 }).scalars(0))).toEqual([
      'adam.firstScale',
      'adam.secondScale',
      'learningRate.rate',
    ])
    memory.dispose()
    parameter.dispose()
  })

  it('leaks nothing under tidy', () => {
    const before = tf.memory().numTensors
    const given = problem(5, 20)
    trajectory(adamW({ learningRate: 0.1, clipNorm: 1 }), given.start, given.gradients, [2, 3])
    trajectory(sgd({ learningRate: 0.1, momentum: 0.9 }), given.start, given.gradients, [2, 3])
    trajectory(lion({ learningRate: 0.1, weightDecay: 1 }), given.start, given.gradients, [2, 3])
    expect(tf.memory().numTensors).toBe(before)
  })

  it.each([
    [
      'a learning rate that is NaN',
      () => adam({ learningRate: Number.NaN }),
      /learningRate: NaN came/,
    ],
    ['a negative learning rate', () => sgd({ learningRate: -1 }), /learningRate: -1 came/],
    ['none', () => adam({} as never), /learningRate: undefined came/],
    [
      'a schedule gone negative',
      () => adam({ learningRate: (step) => 1 - step }).scalars(2),
      /at step 2: -1 came/,
    ],
    ['a beta of 1', () => adam({ learningRate: 1, betas: [0.9, 1] }), /betas\[1\]: 1 came/],
    [
      'a negative beta',
      () => lion({ learningRate: 1, betas: [-0.1, 0.9] }),
      /betas\[0\]: -0.1 came/,
    ],
    ['momentum of 1', () => sgd({ learningRate: 1, momentum: 1 }), /momentum: 1 came/],
    ['no epsilon', () => adam({ learningRate: 1, epsilon: 0 }), /epsilon: 0 came/],
    ['a negative decay', () => adamW({ learningRate: 1, weightDecay: -1 }), /weightDecay: -1 came/],
    ['a clip of zero', () => sgd({ learningRate: 1, clipNorm: 0 }), /norm: 0 came/],
    ['a name not known', () => adam({ learningrate: 1 } as never), /Did you mean 'learningRate'/],
  ])('refuses %s', (_, make, message) => {
    expect(make).toThrow(message)
  })
})
