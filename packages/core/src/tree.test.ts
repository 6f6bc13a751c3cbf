import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { Module } from './module.ts'
import { Rng } from './rng.ts'
import { Parameter } from './slot.ts'
import { mapTree, signatureOf, tensorsOf } from './tree.ts'

beforeAll(() => tf.setBackend('cpu'))

class Flagged extends Module {
  readonly weight = new Parameter(tf.zeros([2]))
  flag = false
  readonly settings = { rates: [1, 2], act: Math.tanh }
}

describe('trees', () => {
  it('are mapped leaf by leaf in a fixed order, containers copied', () => {
    const [a, b] = [tf.scalar(1), tf.scalar(2)]
    const tree = { a, list: [b, 'text', new Map([['k', a]])], n: 3 }
    expect(tensorsOf(tree)).toEqual([a, b, a])
    const mapped = mapTree(tree, () => 'leaf')
    expect(mapped).toEqual({ a: 'leaf', list: ['leaf', 'text', new Map([['k', 'leaf']])], n: 3 })
    expect(tree.a).toBe(a)
  })

  it('have a signature of shapes, dtypes and plain values, not of tensors’ values', () => {
    const sign = (value: number, extra: unknown = 1) =>
      signatureOf([tf.fill([2, 3], value), new Rng(value), extra])
    expect(sign(1)).toBe(sign(2))
    expect(sign(1, 2)).not.toBe(sign(1, 3))
    expect(sign(1, '1')).not.toBe(sign(1, 1))
    expect(signatureOf(tf.zeros([2]))).not.toBe(signatureOf(tf.zeros([3])))
    expect(signatureOf(tf.zeros([2]))).not.toBe(signatureOf(tf.zeros([2], 'int32')))
  })

  it('have a signature that a changed plain field of a module changes', () => {
    const model = new Flagged()
    const before = signatureOf(model)
    expect(signatureOf(model)).toBe(before)
    model.weight.assign(tf.ones([2]))
    expect(signatureOf(model)).toBe(before)
    model.settings.rates[1] = 5
    const changed = signatureOf(model)
    expect(changed).not.toBe(before)
    model.settings.act = Math.sin
    const other = signatureOf(model)
    expect(other).not.toBe(changed)
    model.flag = true
    expect(signatureOf(model)).not.toBe(other)
    expect(signatureOf(new Flagged())).not.toBe(before)
  })
})
