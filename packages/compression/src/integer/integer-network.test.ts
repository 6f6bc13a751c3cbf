import * as tf from '@tensorflow/tfjs-core'
import { deserialise, serialise, slots, useBackend } from '@winnow/core'
import { beforeAll, expect, it } from 'vitest'
import { IntegerNetwork } from './integer-network.ts'
import {
  brinkInputs,
  brinkNetwork,
  hyperDecoder,
  latents,
  trainedStack,
} from './testing/networks.ts'

beforeAll(async () => {
  await useBackend('cpu')
})

it('computes what the trained network computes, to a few parts of its step', async () => {
  const before = tf.memory().numTensors
  const stack = trainedStack()
  const network = await hyperDecoder(stack)
  const x = latents(11)
  const [exact, integers] = [stack.forward(x), tf.tidy(() => network.forward(x))]
  expect(integers.shape).toEqual([2, 40, 32, 24])
  const [floats, whole] = await Promise.all([exact.data<'float32'>(), integers.data<'float32'>()])
  const deviation = Math.sqrt(floats.reduce((sum, value) => sum + value ** 2, 0) / floats.length)
  let error = 0
  for (const [i, value] of floats.entries()) {
    expect(Number.isInteger(whole[i])).toBe(true)
    error += ((whole[i] as number) / 64 - value) ** 2
  }
  expect(Math.sqrt(error / floats.length) / deviation).toBeLessThan(0.02)
  await network.verify()
  stack.dispose()
  network.dispose()
  tf.dispose([x, exact, integers])
  expect(tf.memory().numTensors).toBe(before)
})

it('sums exactly at the brink of 2^24: as loops over whole numbers do', async () => {
  const network = brinkNetwork()
  await network.verify()
  const x = brinkInputs()
  const y = tf.tidy(() => network.forward(x))
  const { weight, bias } = network.layers[0] as IntegerNetwork['layers'][number]
  const [inputs, weights, biases] = [x.dataSync(), weight.value.dataSync(), bias.value.dataSync()]
  const expected: number[] = []
  let furthest = 0
  for (let row = 0; row < 6; row++) {
    for (let column = 0; column < 6; column++) {
      for (let output = 0; output < 3; output++) {
        let sum = biases[output] as number
        for (let a = 0; a < 3; a++) {
          for (let c = 0; c < 3; c++) {
            const [i, j] = [row + a - 1, column + c - 1]
            if (i < 0 || j < 0 || i > 5 || j > 5) continue
            for (let k = 0; k < 64; k++) {
              sum +=
                (inputs[(i * 6 + j) * 64 + k] as number) *
                (weights[((a * 3 + c) * 64 + k) * 3 + output] as number)
              furthest = Math.max(furthest, Math.abs(sum))
            }
          }
        }
        expected.push(Math.min(2 ** 20, Math.max(-(2 ** 20), sum)))
      }
    }
  }
  expect([...(await y.data())]).toEqual(expected)
  expect(furthest).toBeGreaterThan(0.9 * 2 ** 24)
  expect(new Set(expected).size).toBeGreaterThan(30)
  network.dispose()
  tf.dispose([x, y])
})

it('refuses weights whose sums could leave the whole numbers of float32', async () => {
  const config = {
    input: { channels: 64, low: 0, high: 255 },
    layers: [{ kind: 'conv', outputs: 1, kernel: 5 }],
  } as const
  const network = new IntegerNetwork(config)
  const weight = network.layers[0]?.weight
  // 1,600 products of 255 * 41 are 16,728,000; one step more in each are 17,136,000, more than 2^24.
  weight?.assign(tf.fill([5, 5, 64, 1], 41))
  await network.verify()
  weight?.assign(tf.fill([5, 5, 64, 1], 42))
  await expect(network.verify()).rejects.toThrow('sums of channel 0 may reach 17136000')
  weight?.assign(tf.fill([5, 5, 64, 1], 0.5))
  await expect(network.verify()).rejects.toThrow('weight 0.5 came')
  network.layers[0]?.scale.assign(tf.tensor1d([0.3]))
  weight?.assign(tf.zeros([5, 5, 64, 1]))
  await expect(network.verify()).rejects.toThrow('scale 0.3')
  network.dispose()
})

it('scales weights down until their sums fit, and says so where they cannot', async () => {
  const network = new IntegerNetwork({
    input: { channels: 64, low: 0, high: 255 },
    layers: [{ kind: 'conv', outputs: 1, kernel: 5, low: -1000, high: 1000 }],
  })
  const calibration = tf.ones([1, 5, 5, 64])
  const weight = tf.fill([5, 5, 64, 1], 0.01)
  await network.quantise([{ weight }], { calibration })
  const quantised = (network.layers[0]?.weight.value.dataSync() ?? [])[0] as number
  expect(quantised).toBeGreaterThan(20)
  expect(quantised).toBeLessThanOrEqual(41)
  const huge = tf.fill([5, 5, 64, 1], 1e30)
  await expect(network.quantise([{ weight: huge }], { calibration })).rejects.toThrow(
    'no whole numbers',
  )
  const nan = tf.fill([5, 5, 64, 1], Number.NaN)
  await expect(network.quantise([{ weight: nan }], { calibration })).rejects.toThrow('not finite')
  await expect(network.quantise([], { calibration })).rejects.toThrow('0 trained layers came')
  network.dispose()
  tf.dispose([calibration, weight, huge, nan])
})

it('is saved and loaded like any other module', async () => {
  const stack = trainedStack()
  const network = await hyperDecoder(stack)
  const again = new IntegerNetwork(network.config)
  deserialise(again, await serialise(network))
  for (const [name, { slot }] of slots(again)) {
    expect(slot.value.dataSync(), name).toEqual(slots(network).get(name)?.slot.value.dataSync())
  }
  await again.verify()
  for (const module of [stack, network, again]) module.dispose()
})

it('refuses configurations that no network can have', () => {
  const input = { channels: 4, low: 0, high: 255 }
  const build = (config: unknown) => () => new IntegerNetwork(config as IntegerNetwork['config'])
  expect(build({ input, layers: [] })).toThrow('no layers with weights')
  expect(build({ input, layers: [{ kind: 'dense' }] })).toThrow("'dense' is not known")
  expect(build({ input: { ...input, high: 256 }, layers: [] })).toThrow('range 0 to 256')
  const conv = { kind: 'conv', outputs: 6, kernel: 1 }
  expect(build({ input, layers: [conv, { kind: 'depthToSpace', block: 2 }] })).toThrow('1.5 came')
  expect(build({ input, layers: [{ ...conv, high: 256 }, conv] })).toThrow('range 0 to 256')
})
