import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-backend-wasm'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { compile } from './compile.ts'
import { Module } from './module.ts'
import { Rng } from './rng.ts'
import { Parameter, State } from './slot.ts'

beforeAll(() => tf.setBackend('cpu'))

class Counter extends Module {
  readonly weight = new Parameter(tf.tensor1d([1, 2]))
  readonly count = new State(tf.scalar(0))
  scale = 1
  next(x: tf.Tensor): tf.Tensor {
    this.count.assign(tf.add(this.count.value, 1))
    this.count.assign(tf.add(this.count.value, 1))
    return tf.mul(tf.mul(x, this.weight.value), this.scale)
  }
}

let before = 0
beforeEach(() => {
  before = tf.memory().numTensors
})

const numbers = async (tensor: tf.Tensor): Promise<number[]> => {
  const values = [...(await tensor.data())]
  tensor.dispose()
  return values
}

class Weight extends Module {
  readonly value: Parameter
  constructor(value: tf.Tensor) {
    super()
    this.value = new Parameter(value)
  }
}

describe('compile', () => {
  it('reads slots again at every call and commits what was assigned, once, without leaks', async () => {
    using model = new Counter()
    using step = compile((x: tf.Tensor) => model.next(x), { modules: [model] })
    const x = tf.tensor1d([10, 10])
    expect(await numbers(await step(x))).toEqual([10, 20])
    model.weight.assign(tf.tensor1d([5, 6]))
    expect(await numbers(await step(x))).toEqual([50, 60])
    expect(model.count.value.dataSync()[0]).toBe(4)
    model.scale = 2
    expect(await numbers(await step(x))).toEqual([100, 120])
    x.dispose()
    expect(tf.memory().numTensors).toBe(before + 2)
  })

  it('drops every write when commitIf says no', async () => {
    using model = new Counter()
    const seen: number[] = []
    using step = compile((x: tf.Tensor) => tf.sum(model.next(x)), {
      commitIf: async (result) => {
        seen.push((await result.data())[0] as number)
        return false
      },
    })
    tf.dispose(await step(tf.tensor1d([1, 1])))
    expect(seen).toEqual([3])
    expect(model.count.value.dataSync()[0]).toBe(0)
    expect(tf.memory().numTensors).toBe(before + 3)
  })

  it('leaves nothing behind when commitIf throws, and the slots as they were', async () => {
    using weight = new Weight(tf.tensor1d([1, 2]))
    const atStart = tf.memory().numTensors
    using step = compile(
      () => {
        weight.value.assign(tf.add(weight.value.value, 1))
        return { one: tf.scalar(1), two: [tf.scalar(2)] }
      },
      {
        modules: [weight],
        commitIf: async () => {
          throw new Error('the device is gone')
        },
      },
    )
    await expect(step()).rejects.toThrow('the device is gone')
    expect(tf.memory().numTensors).toBe(atStart)
    expect([...weight.value.value.dataSync()]).toEqual([1, 2])
  })

  it('gives every result as a tensor of its own', async () => {
    using model = new Counter()
    using step = compile((x: tf.Tensor) => ({ x, same: [x, x], weight: model.weight.value }))
    const x = tf.scalar(3)
    const result = await step(x)
    tf.dispose(result as never)
    expect(x.isDisposed).toBe(false)
    expect(model.weight.value.isDisposed).toBe(false)
    x.dispose()
    expect(tf.memory().numTensors).toBe(before + 2)
  })

  it('refuses to read a value, naming hostCall, and reads again afterwards', async () => {
    const reads: ((x: tf.Tensor) => unknown)[] = [
      (x) => x.dataSync(),
      (x) => x.data(),
      (x) => x.arraySync(),
      (x) => x.print(),
    ]
    for (const read of reads) {
      const x = tf.scalar(2)
      await expect(
        compile((y: tf.Tensor) => {
          read(y)
          return y
        })(x),
      ).rejects.toThrow(/inside a compiled function.*hostCall/s)
      expect(x.dataSync()[0]).toBe(2)
      x.dispose()
    }
    expect(tf.memory().numTensors).toBe(before)
  })

  it('takes tensors and slots that were made on another backend', async () => {
    using weight = new Weight(tf.tensor1d([1, 2]))
    const scale = tf.tensor1d([3, 3])
    await tf.setBackend('wasm')
    try {
      using step = compile((x: tf.Tensor) => tf.mul(tf.mul(x, scale), weight.value.value))
      const result = await step(tf.tensor1d([1, 1]))
      expect([...(await result.data())]).toEqual([3, 6])
      tf.dispose([result, scale])
    } finally {
      await tf.setBackend('cpu')
    }
  })

  it('draws from a generator that is passed in: new numbers each call, the same from the same seed', async () => {
    using draw = compile((rng: Rng) => tf.add(rng.split().normal([3]), rng.uniform([3])))
    const rng = new Rng(4)
    const first = await numbers(await draw(rng))
    const second = await numbers(await draw(rng))
    expect(second).not.toEqual(first)
    expect(await numbers(await draw(new Rng(4)))).toEqual(first)
  })

  it('refuses a generator from outside', async () => {
    const outside = new Rng(1)
    await expect(compile(() => outside.normal([2]))()).rejects.toThrow('pass it as an argument')
    await expect(compile(() => new Rng(1).normal([2]))()).rejects.toThrow('pass it as an argument')
  })

  it('leaves nothing behind when the function throws', async () => {
    using model = new Counter()
    const broken = compile((x: tf.Tensor) => {
      model.next(x)
      throw new Error('broken')
    })
    await expect(broken(tf.scalar(1))).rejects.toThrow('broken')
    expect(model.count.value.dataSync()[0]).toBe(0)
  })

  it('keeps what is written inside a tidy, and drops what is written over', async () => {
    using model = new Counter()
    using step = compile(() => {
      tf.tidy(() => model.count.assign(tf.add(model.count.value, 5)))
      const seen = tf.add(model.count.value, 0)
      tf.tidy(() => model.count.assign(tf.mul(model.count.value, 2)))
      return { seen, count: model.count.value }
    })
    const { seen, count } = await step()
    expect(await numbers(seen)).toEqual([5])
    expect(await numbers(count)).toEqual([10])
    expect(model.count.value.dataSync()[0]).toBe(10)
    expect(tf.memory().numTensors).toBe(before + 2)
  })
})
