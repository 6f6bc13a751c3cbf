import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { type Module, slots } from '../module.ts'
import { Rng } from '../rng.ts'
import { only } from '../select.ts'
import { Parameter } from '../slot.ts'
import { Arena, arenaCapacity } from './arena.ts'
import { averageParameters } from './average.ts'
import { chain, partition } from './chain.ts'
import { clipByGlobalNorm, clipByValue } from './clip.ts'
import { euclideanNorm, fuse } from './fuse.ts'
import { scaleBy, scaleByLearningRate } from './learning-rate.ts'
import { muon } from './muon.ts'
import { applyUpdates, type Named, type Optimizer } from './optimizer.ts'
import { adam, adamW, lion, sgd } from './optimizers.ts'
import { recordUpdate } from './program.ts'
import { cosine } from './schedule.ts'
import { wasmModule } from './wasm-module.ts'

beforeAll(async () => {
  await tf.setBackend('cpu')
})

type Arrays = Map<string, Float32Array>

/** Everything after some steps: by tfjs operations, or by the fused loop. */
interface Run {
  readonly optimizer: Optimizer
  readonly shapes: Readonly<Record<string, readonly number[]>>
  readonly seed: number
  readonly steps: number
}

function* gradientsOf({ shapes, seed, steps }: Run): Generator<Arrays> {
  const rng = new Rng(seed)
  for (let step = 0; step < steps; step++) {
    const size = 10 ** (3 * rng.number() - 2)
    yield new Map(
      Object.entries(shapes).map(([path, shape]) => [
        path,
        rng.normalValues(volume(shape), 0, size),
      ]),
    )
  }
}

function volume(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1)
}

function make(run: Run): { named: Map<string, Parameter>; memory: Module } {
  const rng = new Rng(run.seed + 1)
  const named = new Map(
    Object.entries(run.shapes).map(([path, shape]) => [path, new Parameter(rng.normal(shape))]),
  )
  return { named, memory: run.optimizer.create(named) }
}

function read(named: Named<Parameter>, memory: Module): Arrays {
  const all: Arrays = new Map()
  for (const [path, parameter] of named)
    all.set(path, parameter.value.dataSync<'float32'>().slice())
  for (const { path, slot } of slots(memory).values()) {
    all.set(`memory ${path}`, slot.value.dataSync<'float32'>().slice())
  }
  return all
}

function byOperations(run: Run): Arrays {
  const { named, memory } = make(run)
  let step = 0
  for (const gradients of gradientsOf(run)) {
    tf.tidy(() => {
      const scalars = Object.fromEntries(
        Object.entries(run.optimizer.scalars(step)).map(([name, value]) => [
          name,
          tf.scalar(value),
        ]),
      )
      const given = new Map(
        [...gradients].map(([path, g]) => [path, tf.tensor(g, [...run.shapes[path]!])]),
      )
      const parameters = new Map([...named].map(([path, parameter]) => [path, parameter.value]))
      applyUpdates(named, run.optimizer.update(given, memory, { parameters, scalars }))
    })
    step++
  }
  const all = read(named, memory)
  memory.dispose()
  for (const parameter of named.values()) parameter.dispose()
  return all
}

function byLoop(run: Run, inArena: boolean): Arrays {
  const { named, memory } = make(run)
  const start = read(named, memory)
  const arena = new Arena(inArena ? 2 * arenaCapacity([...start.values()].map((a) => a.length)) : 0)
  const place = (values: Float32Array): Float32Array => {
    const array = inArena ? arena.allocate(values.length) : new Float32Array(values.length)
    array.set(values)
    return array
  }
  const fused = fuse(run.optimizer, named, { arena })
  expect(fused).toBeDefined()
  const parameters: Arrays = new Map(
    [...named.keys()].map((path) => [path, place(start.get(path)!)]),
  )
  const states: Arrays = new Map(
    [...slots(memory).keys()].map((path) => [path, place(start.get(`memory ${path}`)!)]),
  )
  const held: Arrays = new Map([...parameters].map(([path, array]) => [path, place(array)]))
  let step = 0
  for (const gradients of gradientsOf(run)) {
    for (const [path, gradient] of gradients) held.get(path)!.set(gradient)
    // Every other step the gradient comes from elsewhere, as an engine's output does.
    fused?.step({ step, parameters, gradients: step % 2 === 0 ? gradients : held, states })
    step++
  }
  memory.dispose()
  for (const parameter of named.values()) parameter.dispose()
  return new Map([...parameters, ...[...states].map(([path, a]) => [`memory ${path}`, a] as const)])
}

/** The largest difference, relative to the largest number of each array. */
function difference(actual: Arrays, expected: Arrays): number {
  expect([...actual.keys()].sort()).toEqual([...expected.keys()].sort())
  let worst = 0
  for (const [path, values] of expected) {
    const scale = Math.max(1e-30, ...values.map(Math.abs))
    values.forEach((value, i) => {
      const gap = Math.abs(value - actual.get(path)![i]!) / scale
      worst = Number.isNaN(gap) ? Number.POSITIVE_INFINITY : Math.max(worst, gap)
    })
  }
  return worst
}

const optimizers: Record<string, Optimizer> = {
  sgd: sgd({ learningRate: 0.01, momentum: 0.9, nesterov: true, weightDecay: 0.1 }),
  adam: adam({ learningRate: cosine({ from: 0.1, steps: 40 }), betas: [0.5, 0.9] }),
  adamW: adamW({ learningRate: 0.03, weightDecay: 0.3 }),
  lion: lion({ learningRate: 0.01, weightDecay: 0.2 }),
  'clipped by value, averaged': chain(
    clipByValue(0.1),
    scaleBy((path) => (path === 'b' ? 0.5 : 1)),
    adam({ learningRate: 0.01 }),
    averageParameters(0.9),
  ),
  partitioned: partition([
    { select: only('a'), use: sgd({ learningRate: 0.01, momentum: 0.8 }) },
    { use: adamW({ learningRate: 0.01 }) },
  ]),
}
const shape = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 0, maxLength: 3 })
const shapes = fc.record({ a: shape, b: shape, 'c.d': shape })

describe('one definition, two interpretations', () => {
  it.each(Object.keys(optimizers))(
    '%s: the loop gives the same bits as tfjs operations',
    (name) => {
      const property = fc.property(shapes, fc.nat(1e6), fc.boolean(), (drawn, seed, inArena) => {
        const run = { optimizer: optimizers[name]!, shapes: drawn, seed, steps: 50 }
        const expected = byOperations(run)
        expect(difference(byLoop(run, inArena), expected)).toBe(0)
      })
      fc.assert(property, { numRuns: 6, seed: 7 })
    },
  )

  it('agrees to 1e-6 where the norm is summed in another order', () => {
    const property = fc.property(shapes, fc.nat(1e6), fc.boolean(), (drawn, seed, inArena) => {
      const optimizer = adamW({ learningRate: 0.03, clipNorm: 0.5 })
      const run = { optimizer, shapes: drawn, seed, steps: 50 }
      const expected = byOperations(run)
      expect(difference(byLoop(run, inArena), expected)).toBeLessThan(1e-6)
    })
    fc.assert(property, { numRuns: 6, seed: 8 })
  })

  it('crosses blocks of scratch, with a rest', () => {
    const run = { optimizer: optimizers['adamW']!, shapes: { a: [4099, 3] }, seed: 3, steps: 4 }
    const expected = byOperations(run)
    for (const inArena of [true, false]) {
      expect(difference(byLoop(run, inArena), expected)).toBe(0)
    }
  })
})

describe('fuse', () => {
  const named = new Map([['layer.weight', new Parameter(tf.ones([3, 3]))]])

  it('names the States as the memory does', () => {
    const optimizer = adamW({ learningRate: 1, clipNorm: 1 })
    const memory = optimizer.create(named)
    const update = fuse(optimizer, named)?.updates.get('layer.weight')
    expect(update?.stateNames).toEqual([...slots(memory).keys()])
    expect(update?.scalarNames.toSorted()).toEqual(
      ['globalNorm', ...Object.keys(optimizer.scalars(0))].toSorted(),
    )
    memory.dispose()
  })

  it('leaves numbers beside an array alone, and the gradient', () => {
    const arena = new Arena(64)
    const [parameter, beside, gradient] = [arena.allocate(9), arena.allocate(4), arena.allocate(9)]
    const tail = new Float32Array(arena.memory.buffer, parameter.byteOffset + 36, 3)
    // All of the gradient's last four numbers are set, so that an overrun would change the tail.
    for (const array of [
      tail,
      beside,
      new Float32Array(arena.memory.buffer, gradient.byteOffset, 12),
    ])
      array.fill(7)
    const fused = fuse(sgd({ learningRate: 0.5 }), named, { arena })
    fused?.step({
      step: 0,
      parameters: new Map([['layer.weight', parameter]]),
      gradients: new Map([['layer.weight', gradient]]),
      states: new Map(),
    })
    expect([...parameter]).toEqual(Array(9).fill(-3.5))
    expect([...tail, ...beside, ...gradient]).toEqual(Array(16).fill(7))
  })

  it('is undefined for what is not elementwise', () => {
    expect(fuse(muon({ learningRate: 1 }), named)).toBeUndefined()
    const late = chain(scaleByLearningRate(1), clipByGlobalNorm(1))
    expect(fuse(late, named)).toBeUndefined()
    expect(fuse(partition([{ use: sgd({ learningRate: 1, clipNorm: 1 }) }]), named)).toBeUndefined()
    const own: Optimizer = { ...sgd({ learningRate: 1 }) }
    delete own.stages
    expect(fuse(chain(own), named)).toBeUndefined()
  })

  it('is undefined where WebAssembly is missing or forbidden', () => {
    const refuse = class {
      constructor() {
        throw new Error('refused by the content security policy')
      }
    }
    for (const stub of [
      undefined,
      { ...WebAssembly, Memory: WebAssembly.Memory, Module: refuse },
    ]) {
      vi.stubGlobal('WebAssembly', stub)
      expect(fuse(sgd({ learningRate: 1 }), named)).toBeUndefined()
    }
    vi.unstubAllGlobals()
    expect(fuse(sgd({ learningRate: 1 }), named)).toBeDefined()
  })

  it('refuses arrays of other lengths and names that are missing', () => {
    const fused = fuse(sgd({ learningRate: 1, momentum: 0.9 }), named)
    const arrays = new Map([['layer.weight', new Float32Array(9)]])
    const step = { step: 0, parameters: arrays, gradients: arrays }
    expect(() => fused?.step({ ...step, states: new Map() })).toThrow(
      "there is no State 'momentum.velocity.layer.weight'",
    )
    const states = new Map([['momentum.velocity.layer.weight', new Float32Array(8)]])
    expect(() => fused?.step({ ...step, states })).toThrow('arrays of lengths 9,9,8 came')
  })

  it('makes a valid module of a few hundred bytes', () => {
    const stages = adamW({ learningRate: 1 }).stages?.('layer.weight', named.get('layer.weight')!)
    const bytes = wasmModule(recordUpdate(stages!)!.program)
    expect(WebAssembly.validate(bytes)).toBe(true)
    expect(bytes.length).toBeLessThan(600)
  })

  it('measures norms', () => {
    expect(euclideanNorm([new Float32Array([3, 0, 0, 0, 0]), new Float32Array([4])])).toBe(5)
  })
})
