import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { Module, Rng, slots } from '@winnow/core'
import { describe, expect, test } from 'vitest'
import { Activation } from '../activation.ts'
import type { Layer, LayerModule } from '../layer.ts'
import { Linear } from '../linear.ts'
import { Sequential } from '../sequential.ts'
import { normal } from '../testing/values.ts'
import { convDecoder } from './conv-decoder.ts'
import { convEncoder } from './conv-encoder.ts'
import { mlp } from './mlp.ts'
import { defineNetwork, type Network, network } from './network.ts'
import type { NetworkSpec } from './spec.ts'

const image = [12, 12, 1]
const pairs: [name: string, encoder: Network, decoder: Network][] = [
  ['mlp', mlp([16]), mlp([16])],
  ['conv', convEncoder([2, 4]), convDecoder([4, 2])],
  ['mixed', convEncoder([2, 4], { norm: 'group' }), mlp([16], { norm: 'layer' })],
]

describe('the same call makes an encoder and a decoder', () => {
  test.each(pairs)('%s', (_, encoder, decoder) => {
    const rng = new Rng(1)
    const encode = network(encoder, { input: image, output: [6] }, rng.split())
    const decode = network(decoder, { input: [3], output: [12, 12, 2] }, rng.split())
    expect(encode.forward(normal([5, ...image])).shape).toEqual([5, 6])
    expect(decode.forward(normal([5, 3])).shape).toEqual([5, 12, 12, 2])
  })

  test.each(pairs)('%s survives JSON with the same weights', (_, spec) => {
    const shapes = { input: image, output: [6] }
    const [a, b] = [spec, JSON.parse(JSON.stringify(spec)) as Network].map((s) =>
      network(s, shapes, new Rng(9)),
    ) as [LayerModule, LayerModule]
    expect([...slots(a).keys()]).toEqual([...slots(b).keys()])
    const x = normal([2, ...image])
    expect(a.forward(x).dataSync()).toEqual(b.forward(x).dataSync())
  })
})

describe("a network of one's own", () => {
  test('by a function', () => {
    const net = network(
      ({ input, output }, rng) =>
        new Sequential([
          new Linear({ inputs: input[0] as number, outputs: output[0] as number }, rng),
          new Activation({ name: 'tanh' }),
        ]),
      { input: [4], output: [3] },
      new Rng(1),
    )
    expect(net.forward(normal([2, 4])).shape).toEqual([2, 3])
  })

  test('by a kind', () => {
    interface WideSpec extends NetworkSpec {
      readonly kind: 'test-wide'
      readonly factor: number
    }
    const build = (spec: WideSpec, shapes: Parameters<typeof network>[1], rng: Rng): LayerModule =>
      network(mlp([16 * spec.factor]), shapes, rng)
    defineNetwork<WideSpec>('test-wide', build)
    defineNetwork<WideSpec>('test-wide', build)
    const spec = { kind: 'test-wide', factor: 2 }
    const net = network(spec, { input: [4], output: [3] }, new Rng(1))
    expect(slots(net).get('hidden.0.layer.weight')?.slot.shape).toEqual([4, 32])
  })

  test('of the wrong shapes is refused at once, and freed', () => {
    const before = tf.memory().numTensors
    const shapes = { input: [4], output: [3] }
    const own = (outputs: number, inputs: number) => () =>
      new Linear({ inputs, outputs }, new Rng(1))
    expect(() => network(own(5, 4), shapes, new Rng(1))).toThrow(
      'network: the function made [1, 5] of [1, 4], expected [1, 3]',
    )
    expect(() => network(own(3, 2), shapes, new Rng(1))).toThrow(
      'network: the function failed on an input of shape [1, 4]: Linear: an input of shape [1,4] came',
    )
    class Empty extends Module {}
    const empty = (() => new Empty()) as unknown as () => Module & Layer
    expect(() => network(empty, shapes, new Rng(1))).toThrow(
      'network: the function returned no layer',
    )
    expect(tf.memory().numTensors).toBe(before)
  })
})

test('bad input', () => {
  const shapes = { input: [4], output: [3] }
  const build = (spec: unknown): LayerModule => network(spec as Network, shapes, new Rng(1))
  expect(() => build({ kind: 'mpl', hidden: [4] })).toThrow(
    "network: kind: 'mpl' is not known. Did you mean 'mlp'?",
  )
  expect(() => build({ kind: 'toString' })).toThrow('is not known')
  expect(() => build({ ...mlp([4]), dropuot: 0.1 })).toThrow(
    "mlp: field: 'dropuot' is not known. Did you mean 'dropout'?",
  )
  expect(() => build({ kind: 'mlp' })).toThrow('mlp: hidden: undefined came')
  expect(() => build([4])).toThrow('network: [4] came, expected { kind, ... }')
  expect(() => build(null)).toThrow('network: null came')
  expect(() => network(mlp([4]), { input: [], output: [1.5] }, new Rng(1))).toThrow(
    'network: output: [1.5]',
  )
  expect(() => defineNetwork('mlp', () => new Activation({ name: 'relu' }))).toThrow(
    "defineNetwork: kind 'mlp' came, which is taken already",
  )
})
