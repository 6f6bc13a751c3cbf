import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { Module, parameters } from '../module.ts'
import { Parameter } from '../slot.ts'
import { chain } from './chain.ts'
import { layerwiseDecay } from './layerwise-decay.ts'
import type { Optimizer } from './optimizer.ts'
import { adamW, sgd } from './optimizers.ts'

beforeAll(async () => {
  await tf.setBackend('cpu')
})

const matrix = (): Parameter => new Parameter(tf.ones([2, 2]))

class Block extends Module {
  readonly weight = matrix()
}

class Encoder extends Module {
  readonly embedding = matrix()
  readonly blocks: Block[]
  readonly norm = matrix()

  constructor(depth: number) {
    super()
    this.blocks = Array.from({ length: depth }, () => new Block())
  }
}

class Whole extends Module {
  readonly inner: { readonly encoder: Encoder }
  readonly decoder = new Encoder(2)
  readonly head = matrix()

  constructor(depth: number) {
    super()
    this.inner = { encoder: new Encoder(depth) }
  }
}

/** How far one step moves the first element of each parameter, for gradients of one. */
function moves(model: Module, optimizer: Optimizer): Record<string, number> {
  return tf.tidy(() => {
    const own = parameters(model)
    using memory = optimizer.create(own)
    const scalars = Object.fromEntries(
      Object.entries(optimizer.scalars(0)).map(([name, value]) => [name, tf.scalar(value)]),
    )
    const updates = optimizer.update(
      new Map([...own].map(([path, { shape }]) => [path, tf.ones([...shape])])),
      memory,
      { parameters: new Map([...own].map(([path, { value }]) => [path, value])), scalars },
    )
    return Object.fromEntries([...updates].map(([path, t]) => [path, t.dataSync()[0] as number]))
  })
}

describe('layerwiseDecay', () => {
  it('scales by decay^(depth + 1 - layer), inside whatever holds the encoder', () => {
    using model = new Whole(3)
    const optimizer = chain(
      sgd({ learningRate: 1 }),
      layerwiseDecay(model.inner.encoder, { decay: 0.5 }),
    )
    expect(moves(model, optimizer)).toEqual({
      'inner.encoder.embedding': -1 / 16,
      'inner.encoder.blocks.0.weight': -1 / 8,
      'inner.encoder.blocks.1.weight': -1 / 4,
      'inner.encoder.blocks.2.weight': -1 / 2,
      'inner.encoder.norm': -1,
      'decoder.embedding': -1,
      'decoder.blocks.0.weight': -1,
      'decoder.blocks.1.weight': -1,
      'decoder.norm': -1,
      head: -1,
    })
  })

  it('scales the weight decay as well, as a learning rate of its own would', () => {
    using model = new Encoder(1)
    const options = { weightDecay: 0.3 }
    const optimizer = chain(
      adamW({ learningRate: 0.1, ...options }),
      layerwiseDecay(model, { decay: 0.25 }),
    )
    const found = moves(model, optimizer)
    const slow = moves(model, adamW({ learningRate: 0.1 * 0.25, ...options }))
    expect(found['blocks.0.weight']).toBeCloseTo(slow['blocks.0.weight'] as number, 8)
    expect(found['norm']).toBeCloseTo(4 * (slow['norm'] as number), 7)
  })

  it('is elementwise, so that a chain with it can be fused', () => {
    using model = new Encoder(2)
    const optimizer = chain(adamW({ learningRate: 0.1 }), layerwiseDecay(model, { decay: 0.5 }))
    const stages = [...parameters(model)].map(
      ([path, parameter]) => optimizer.stages?.(path, parameter)?.length,
    )
    // Adam, weight decay, learning rate, and the factor unless it is one: embedding, two blocks, norm.
    expect(stages).toEqual([4, 4, 4, 3])
  })

  it('takes the path of the blocks, and asks for it where there are several', () => {
    using model = new Whole(1)
    expect(() => layerwiseDecay(model, { decay: 0.5 })).toThrow(
      'layerwiseDecay: blocks: the encoder has inner.encoder.blocks, decoder.blocks, expected the path of one array of blocks',
    )
    const optimizer = chain(
      sgd({ learningRate: 1 }),
      layerwiseDecay(model, { decay: 0.5, blocks: 'decoder.blocks' }),
    )
    const found = moves(model, optimizer)
    expect(found['decoder.blocks.0.weight']).toBe(-0.25)
    expect(found['decoder.blocks.1.weight']).toBe(-0.5)
    expect(found['inner.encoder.norm']).toBe(-0.125)
    expect(found['head']).toBe(-1)
  })

  it('refuses what it cannot use', () => {
    using model = new Whole(1)
    using block = new Block()
    expect(() => layerwiseDecay(model, { decay: 75 })).toThrow(
      'layerwiseDecay: decay: 75 came, expected a number in (0, 1]',
    )
    expect(() => layerwiseDecay(block, { decay: 0.5 })).toThrow("the encoder has no array 'blocks'")
    expect(() => layerwiseDecay(model, { decay: 0.5, blocks: 'encoder' })).toThrow(
      "layerwiseDecay: blocks: the encoder has no parameter below 'encoder'",
    )
    expect(() => layerwiseDecay(model, { decay: 0.5, blocks: 'inner.encoder' })).toThrow(
      "layerwiseDecay: blocks: 'inner.encoder' came, expected the path of an array of modules",
    )
  })
})
