import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { Module, modules, parameterCount, parameters, slots, states } from './module.ts'
import { Parameter, State } from './slot.ts'

beforeAll(() => tf.setBackend('cpu'))

class Leaf extends Module {
  readonly weight: Parameter
  readonly seen = new State(tf.scalar(0))
  constructor(size: number) {
    super()
    this.weight = new Parameter(tf.ones([size]))
  }
}

class Net extends Module {
  readonly config = { blocks: 2, name: 'net' }
  readonly blocks = [new Leaf(2), new Leaf(3)]
  readonly heads = { left: new Leaf(4), right: new Leaf(5) }
  readonly tied: Parameter
  readonly parent: Module = this
  readonly #hidden = new Leaf(6)
  constructor() {
    super()
    this.tied = (this.blocks[0] as Leaf).weight
  }
  get hidden(): Leaf {
    return this.#hidden
  }
}

describe('Module', () => {
  it('names its slots by paths in order of declaration, a tied one once with an alias', () => {
    const net = new Net()
    expect([...parameters(net).keys()]).toEqual([
      'blocks.0.weight',
      'blocks.1.weight',
      'heads.left.weight',
      'heads.right.weight',
    ])
    expect([...states(net).keys()]).toEqual([
      'blocks.0.seen',
      'blocks.1.seen',
      'heads.left.seen',
      'heads.right.seen',
    ])
    expect(slots(net).get('blocks.0.weight')?.aliases).toEqual(['tied'])
    expect([...modules(net).keys()]).toEqual([
      '',
      'blocks.0',
      'blocks.1',
      'heads.left',
      'heads.right',
    ])
    expect(parameterCount(net)).toBe(14)
  })

  it('disposes every tensor once', () => {
    const before = tf.memory().numTensors
    {
      using net = new Net()
      net.hidden.dispose()
      expect(tf.memory().numTensors).toBe(before + 8)
    }
    expect(tf.memory().numTensors).toBe(before)
  })
})
