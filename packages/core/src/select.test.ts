import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { Module, parameters } from './module.ts'
import { both, frozen, not, only } from './select.ts'
import { Parameter } from './slot.ts'

beforeAll(() => tf.setBackend('cpu'))

class Leaf extends Module {
  readonly weight = new Parameter(tf.zeros([2]))
}

class Net extends Module {
  readonly blocks = [new Leaf(), new Leaf()]
  readonly heads = { left: new Leaf(), right: new Leaf() }
}

describe('selectors', () => {
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
