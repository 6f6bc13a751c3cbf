import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compile } from '../compile.ts'
import { type Module, slots } from '../module.ts'
import { only } from '../select.ts'
import { Parameter } from '../slot.ts'
import { averagedParameters, averageParameters } from './average.ts'
import { chain, partition } from './chain.ts'
import { clipByGlobalNorm, clipByValue } from './clip.ts'
import { scaleBy, scaleByLearningRate } from './learning-rate.ts'
import { momentum } from './momentum.ts'
import { applyUpdates, type Optimizer } from './optimizer.ts'
import { adam, adamW, sgd } from './optimizers.ts'
import { addDecayedWeights } from './weight-decay.ts'

let named: Map<string, Parameter>

beforeAll(async () => {
  await tf.setBackend('cpu')
  named = new Map([
    ['a', new Parameter(tf.tensor1d([1, 2]))],
    ['b', new Parameter(tf.tensor2d([[3]]))],
  ])
})

afterAll(() => {
  for (const parameter of named.values()) parameter.dispose()
})

/** What one update gives for gradients by name. */
function updateOf(
  optimizer: Optimizer,
  gradients: Record<string, number[]>,
  memory?: Module,
  step = 0,
): Record<string, number[]> {
  return tf.tidy(() => {
    const given = new Map(
      Object.entries(gradients).map(([path, g]) => [
        path,
        tf.tensor(g, [...named.get(path)!.shape]),
      ]),
    )
    const scalars = Object.fromEntries(
      Object.entries(optimizer.scalars(step)).map(([name, value]) => [name, tf.scalar(value)]),
    )
    const parameters = new Map([...named].map(([path, parameter]) => [path, parameter.value]))
    const updates = optimizer.update(given, memory ?? optimizer.create(named), {
      parameters,
      scalars,
    })
    return Object.fromEntries([...updates].map(([path, u]) => [path, Array.from(u.dataSync())]))
  })
}

describe('clipping', () => {
  it('brings gradients to the norm together, and leaves shorter ones', () => {
    expect(updateOf(clipByGlobalNorm(2.5), { a: [3, 0], b: [4] })).toEqual({ a: [1.5, 0], b: [2] })
    expect(updateOf(clipByGlobalNorm(5), { a: [3, 0], b: [4] })).toEqual({ a: [3, 0], b: [4] })
    expect(updateOf(clipByGlobalNorm(6), { a: [3, 0], b: [4] })).toEqual({ a: [3, 0], b: [4] })
  })

  it('keeps zero gradients zero', () => {
    expect(updateOf(clipByGlobalNorm(1), { a: [0, 0], b: [0] })).toEqual({ a: [0, 0], b: [0] })
  })

  it('bounds every number', () => {
    expect(updateOf(clipByValue(2), { a: [-3, 1], b: [4] })).toEqual({ a: [-2, 1], b: [2] })
  })
})

describe('composition', () => {
  it('runs in the order given', () => {
    const first = updateOf(
      chain(
        clipByValue(1),
        scaleBy(() => 3),
      ),
      { a: [5, -5], b: [0.5] },
    )
    expect(first).toEqual({ a: [3, -3], b: [1.5] })
    const second = updateOf(
      chain(
        scaleBy(() => 3),
        clipByValue(1),
      ),
      { a: [5, -5], b: [0.5] },
    )
    expect(second).toEqual({ a: [1, -1], b: [1] })
  })

  it('scales each parameter by a factor of its own', () => {
    const decay = scaleBy((path) => (path === 'a' ? 0.5 : 1))
    expect(updateOf(decay, { a: [2, 4], b: [1] })).toEqual({ a: [1, 2], b: [1] })
    expect(() => scaleBy(() => Number.NaN).create(named)).toThrow("NaN came for 'a'")
  })

  it('decays matrices only, or those selected', () => {
    expect(updateOf(addDecayedWeights({ weightDecay: 0.5 }), { a: [0, 0], b: [0] })).toEqual({
      a: [0, 0],
      b: [1.5],
    })
    const chosen = addDecayedWeights({ weightDecay: 0.5, select: only('a') })
    expect(updateOf(chosen, { a: [0, 0], b: [0] })).toEqual({ a: [0.5, 1], b: [0] })
  })

  it('parts parameters among transformations, the first that selects', () => {
    const parts = partition([
      { select: only('a'), use: scaleByLearningRate(1) },
      { use: scaleByLearningRate((step) => 10 + step) },
    ])
    expect(Object.keys(parts.scalars(0))).toEqual(['learningRate.rate', 'learningRate2.rate'])
    const updates = updateOf(parts, { b: [1], a: [1, 1] }, undefined, 5)
    expect(updates).toEqual({ a: [-1, -1], b: [-15] })
    expect(Object.keys(updates)).toEqual(['b', 'a'])
    expect(() => partition([{ select: only('a'), use: momentum() }]).create(named)).toThrow(
      "no group selects the parameter 'b'",
    )
  })

  it('names parts of one kind apart', () => {
    const memory = chain(
      momentum(),
      momentum(),
      partition([{ use: adam({ learningRate: 1 }) }]),
    ).create(named)
    expect([...slots(memory).keys()]).toEqual([
      'momentum.velocity.a',
      'momentum.velocity.b',
      'momentum2.velocity.a',
      'momentum2.velocity.b',
      'partition.adam.adam.first.a',
      'partition.adam.adam.first.b',
      'partition.adam.adam.second.a',
      'partition.adam.adam.second.b',
    ])
    memory.dispose()
  })

  it('refuses gradients that its memory does not know, and an empty chain', () => {
    const optimizer = momentum()
    const memory = optimizer.create(new Map())
    expect(() => updateOf(optimizer, { a: [1, 1] }, memory)).toThrow("a gradient came for 'a'")
    expect(() => chain()).toThrow('chain: no transformation came')
    expect(() => partition([])).toThrow('partition: no group came')
  })
})

describe('averageParameters', () => {
  /** Moves the parameter `a` by fixed steps and returns what it was after each, and the average. */
  function follow(optimizer: Optimizer, steps: number): { seen: number[]; average: number[] } {
    const parameter = new Parameter(tf.tensor1d([10]))
    const own = new Map([['a', parameter]])
    const memory = optimizer.create(own)
    const seen: number[] = []
    const average = [averagedParameters(memory).get('a')?.value.dataSync()[0] ?? Number.NaN]
    for (let step = 0; step < steps; step++) {
      tf.tidy(() => {
        const scalars = Object.fromEntries(
          Object.entries(optimizer.scalars(step)).map(([name, value]) => [name, tf.scalar(value)]),
        )
        const given = new Map([['a', tf.tensor1d([Math.sin(step)])]])
        const parameters = new Map([['a', parameter.value]])
        applyUpdates(own, optimizer.update(given, memory, { parameters, scalars }))
      })
      seen.push(parameter.value.dataSync()[0]!)
      average.push(averagedParameters(memory).get('a')?.value.dataSync()[0] ?? Number.NaN)
    }
    memory.dispose()
    parameter.dispose()
    return { seen, average }
  }
  const decay = 0.8

  it('is the average of the parameters after each step, freed of bias', () => {
    const { seen, average } = follow(chain(sgd({ learningRate: 1 }), averageParameters(decay)), 20)
    expect(average[0]).toBe(10)
    for (let t = 1; t <= 20; t++) {
      let [sum, weight] = [0, 0]
      for (let i = 0; i < t; i++) {
        sum += decay ** (t - 1 - i) * seen[i]!
        weight += decay ** (t - 1 - i)
      }
      expect(average[t]).toBeCloseTo(sum / weight, 5)
    }
  })

  it('starts warm from the initial parameters', () => {
    const { seen, average } = follow(
      chain(sgd({ learningRate: 1 }), averageParameters(decay, { warmStart: true })),
      10,
    )
    let expected = 10
    for (const [i, value] of seen.entries()) {
      expected = decay * expected + (1 - decay) * value
      expect(average[i + 1]).toBeCloseTo(expected, 5)
    }
  })

  it('says when there is none, and refuses a decay of 1', () => {
    const memory = momentum().create(new Map())
    expect(() => averagedParameters(memory)).toThrow('has no averageParameters')
    expect(() => averageParameters(1)).toThrow('decay: 1 came')
  })
})

describe('in a compiled step', () => {
  it('gives what it gives outside of one, and leaks nothing', async () => {
    const run = async (compiled: boolean): Promise<number[]> => {
      const parameter = new Parameter(tf.tensor2d([[1, -2]]))
      const own = new Map([['a', parameter]])
      const optimizer = chain(adamW({ learningRate: 0.1, clipNorm: 1 }), averageParameters(0.9))
      const memory = optimizer.create(own)
      const update = (scalars: Record<string, tf.Tensor>): tf.Tensor => {
        const parameters = new Map([['a', parameter.value]])
        const gradients = new Map([['a', tf.mul(parameter.value, 2)]])
        applyUpdates(own, optimizer.update(gradients, memory, { parameters, scalars }))
        return parameter.value
      }
      using step = compile(update, { modules: [memory] })
      for (let i = 0; i < 5; i++) {
        const scalars = Object.fromEntries(
          Object.entries(optimizer.scalars(i)).map(([name, value]) => [name, tf.scalar(value)]),
        )
        if (compiled) (await step(scalars)).dispose()
        else tf.tidy(() => void update(scalars))
        tf.dispose(scalars)
      }
      const end = [
        ...parameter.value.dataSync(),
        ...(averagedParameters(memory).get('a')?.value.dataSync() ?? []),
      ]
      memory.dispose()
      parameter.dispose()
      return end
    }
    const before = tf.memory().numTensors
    const outside = await run(false)
    expect(outside).toHaveLength(4)
    expect(await run(true)).toEqual(outside)
    expect(tf.memory().numTensors).toBe(before)
  })
})
