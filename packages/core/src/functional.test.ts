import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { copyInto, ema, functionalCall } from './functional.ts'
import { gradient } from './gradients/gradient.ts'
import { Module } from './module.ts'
import { Parameter, State } from './slot.ts'

beforeAll(() => tf.setBackend('cpu'))

class Line extends Module {
  readonly slope: Parameter
  readonly alias: Parameter
  readonly steps = new State(tf.scalar(0, 'int32'))
  constructor(slope: number) {
    super()
    this.slope = new Parameter(tf.scalar(slope))
    this.alias = this.slope
  }
  at(x: number): tf.Tensor {
    return tf.mul(this.slope.value, x)
  }
}

describe('functionalCall', () => {
  it('runs with other values and leaves the module as it was', () => {
    const line = new Line(2)
    const other = tf.scalar(5)
    const inside = functionalCall(line, { slope: other }, () => line.at(3).dataSync()[0])
    expect([inside, line.at(3).dataSync()[0]]).toEqual([15, 6])
    expect(functionalCall(line, new Map([['alias', other]]), () => line.at(1).dataSync()[0])).toBe(
      5,
    )
    expect(() =>
      functionalCall(line, { slope: other }, () => {
        throw new Error('broken')
      }),
    ).toThrow('broken')
    expect(line.at(3).dataSync()[0]).toBe(6)
  })

  it('can be differentiated by the values', () => {
    const line = new Line(2)
    const slope = tf.scalar(5)
    const bySlope = gradient(
      () => functionalCall(line, { slope }, () => tf.square(line.at(3))),
      [slope],
    )[0] as tf.Tensor
    expect(bySlope.dataSync()[0]).toBe(2 * 15 * 3)
  })

  it('refuses unknown paths and other shapes', () => {
    const line = new Line(2)
    expect(() => functionalCall(line, { slop: tf.scalar(1) }, () => 0)).toThrow(
      "Did you mean 'slope'?",
    )
    expect(() => functionalCall(line, { slope: tf.zeros([2]) }, () => 0)).toThrow(
      'slope has shape [], a value of shape [2] came',
    )
  })
})

describe('ema', () => {
  it('follows the student and copies its states', () => {
    const student = new Line(1)
    const teacher = new Line(0)
    copyInto(student, teacher)
    expect(teacher.slope.value.dataSync()[0]).toBe(1)
    student.slope.assign(tf.scalar(3))
    student.steps.assign(tf.scalar(4, 'int32'))
    const before = tf.memory().numTensors
    ema(teacher, student, { decay: 0.75 })
    expect(tf.memory().numTensors).toBe(before)
    expect(teacher.slope.value.dataSync()[0]).toBe(1.5)
    expect(teacher.steps.value.dataSync()[0]).toBe(4)
    expect(student.slope.value.dataSync()[0]).toBe(3)
    expect(() => ema(teacher, student, { decay: 1 })).toThrow('ema: decay 1 came')
  })
})
