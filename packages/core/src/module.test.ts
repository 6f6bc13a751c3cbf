import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { Module, modules, parameterCount, parameters, slots, states } from './module.ts'
import { both, frozen, not, only } from './select.ts'
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

  it('is chosen from by selectors', () => {
    const net = new Net()
    const chosen = (selector: Parameters<typeof parameters>[1]) => [
      ...parameters(net, selector).keys(),
    ]
    expect(chosen(only('heads'))).toEqual(['heads.left.weight', 'heads.right.weight'])
    expect(chosen(only('heads.left', 'blocks.1.weight'))).toEqual([
      'blocks.1.weight',
      'heads.left.weight',
    ])
    expect(chosen(only('blocks.*.weight'))).toEqual(['blocks.0.weight', 'blocks.1.weight'])
    expect(chosen(only('head'))).toEqual([])
    expect(chosen(frozen(net.heads.left, net.blocks[1] as Leaf))).toEqual([
      'blocks.0.weight',
      'heads.right.weight',
    ])
    expect(chosen(both(only('heads'), not(only('heads.left'))))).toEqual(['heads.right.weight'])
    expect(() => only()).toThrow('only: no path came')
  })
})

describe('Slot', () => {
  it('owns its tensor and refuses another shape or dtype', () => {
    const parameter = new Parameter(tf.tensor1d([1, 2]))
    const before = tf.memory().numTensors
    tf.tidy(() => parameter.assign(tf.tensor1d([3, 4])))
    expect(tf.memory().numTensors).toBe(before)
    expect([...parameter.value.dataSync()]).toEqual([3, 4])
    parameter.assign(parameter.value)
    expect(parameter.value.isDisposed).toBe(false)
    expect(() => parameter.assign(tf.zeros([3]))).toThrow(
      'assign: a float32 tensor of shape [3] came, the slot holds float32 [2]',
    )
    expect(() => parameter.assign(tf.zeros([2], 'int32'))).toThrow('a int32 tensor')
  })
})
