import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { parameters, Rng, slots } from '@winnow/core'
import { describe, expect, test } from 'vitest'
import { checkLayerGradient } from '../testing/layer-gradient.ts'
import { testContext } from '../testing/test-context.ts'
import { expectClose, normal, valuesOf } from '../testing/values.ts'
import { network } from './network.ts'
import { ResidualBlock } from './residual-block.ts'
import { UNet, type UNetConfig, unet } from './unet.ts'

/** A network whose every parameter is random: those that start at zero hide what is behind them. */
function net(config: Partial<UNetConfig> = {}): UNet {
  const shapes = { input: [4, 8, 2], output: [4, 8, 3] }
  const built = new UNet({ ...shapes, channels: [4, 6], ...config }, new Rng(1))
  for (const [i, slot] of [...parameters(built).values()].entries()) {
    slot.assign(tf.mul(normal(slot.shape, i + 1), 0.3))
  }
  return built
}

const silu = (x: tf.Tensor): tf.Tensor => tf.mul(x, tf.sigmoid(x))

test('the description is plain JSON and builds by the same call as any network', () => {
  const spec = unet([2, 4], { blocks: 2, attentionHeads: 2, norm: 'layer' })
  expect(JSON.parse(JSON.stringify(spec))).toEqual(spec)
  const built = network(spec, { input: [4, 4, 1], output: [4, 4, 2] }, new Rng(1))
  expect(built.forward(normal([3, 4, 4, 1])).shape).toEqual([3, 4, 4, 2])
})

describe('shapes', () => {
  test.each([
    [
      [8, 4, 1],
      [2, 3, 4],
    ],
    [[7, 5, 2], [3]],
    [
      [2, 2, 3],
      [3, 2],
    ],
  ])('input %j, channels %j', (input, channels) => {
    const output = [input[0] as number, input[1] as number, 5]
    for (const options of [{}, { blocks: 2 }, { attentionHeads: 1 }]) {
      const built = net({ input, output, channels, ...options })
      expect(built.forward(normal([2, ...input])).shape).toEqual([2, ...output])
    }
  })

  test('more leading axes stay', () => {
    const built = net()
    const x = normal([2, 3, 4, 8, 2])
    const rows = built.forward(tf.reshape(x, [6, 4, 8, 2]))
    expectClose(built.forward(x), tf.reshape(rows, [2, 3, 4, 8, 3]), 1e-6)
  })

  test('slots', () => {
    const paths = [...slots(net({ attentionHeads: 2 })).keys()].filter((p) => p.endsWith('weight'))
    expect(paths).toEqual([
      'first.weight',
      'down.0.blocks.0.norms.0.weight',
      'down.0.blocks.0.norms.1.weight',
      'down.0.blocks.0.convolutions.0.weight',
      'down.0.blocks.0.convolutions.1.weight',
      'down.0.shrink.weight',
      'bottom.blocks.0.norms.0.weight',
      'bottom.blocks.0.norms.1.weight',
      'bottom.blocks.0.convolutions.0.weight',
      'bottom.blocks.0.convolutions.1.weight',
      'bottom.blocks.0.shortcut.weight',
      'bottom.norm.weight',
      'bottom.attention.query.weight',
      'bottom.attention.key.weight',
      'bottom.attention.value.weight',
      'bottom.attention.output.weight',
      'bottom.after.norms.0.weight',
      'bottom.after.norms.1.weight',
      'bottom.after.convolutions.0.weight',
      'bottom.after.convolutions.1.weight',
      'up.0.enlarge.weight',
      'up.0.blocks.0.norms.0.weight',
      'up.0.blocks.0.norms.1.weight',
      'up.0.blocks.0.convolutions.0.weight',
      'up.0.blocks.0.convolutions.1.weight',
      'up.0.blocks.0.shortcut.weight',
      'norm.weight',
      'last.weight',
    ])
  })
})

test('a residual block adds two convolutions to its shortcut', () => {
  const block = new ResidualBlock({ inputs: 2, outputs: 4, norm: 'none' }, new Rng(1))
  const x = normal([2, 3, 4, 2])
  // New, it is its shortcut.
  expectClose(block.forward(x), block.shortcut?.forward(x) as tf.Tensor, 0)
  block.convolutions[1].weight.assign(normal([3, 3, 4, 4], 7))
  const conv = (y: tf.Tensor, layer: { weight: { value: tf.Tensor } }): tf.Tensor =>
    tf.conv2d(y as tf.Tensor4D, layer.weight.value as tf.Tensor4D, 1, 'same')
  const inner = conv(silu(x), block.convolutions[0])
  const branch = conv(silu(inner), block.convolutions[1])
  const shortcut = conv(x, block.shortcut as { weight: { value: tf.Tensor } })
  expectClose(block.forward(x), tf.add(shortcut, branch))
})

test('level by level: down, bottom with attention, and up with the skipped maps', () => {
  const built = net({ channels: [4, 6], attentionHeads: 2 })
  const x = normal([2, 4, 8, 2])
  const [down, up] = [built.down[0], built.up[0]]
  const { blocks, norm, attention, after } = built.bottom
  const skip = down?.blocks[0]?.forward(built.first.forward(x)) as tf.Tensor
  const low = blocks[0]?.forward(down?.shrink.forward(skip) as tf.Tensor) as tf.Tensor
  expect(low.shape).toEqual([2, 2, 4, 6])
  const tokens = tf.reshape(norm?.forward(low) as tf.Tensor, [2, 8, 6])
  const seen = tf.add(low, tf.reshape(attention?.forward(tokens) as tf.Tensor, [2, 2, 4, 6]))
  const raised = up?.enlarge.forward(after?.forward(seen) as tf.Tensor) as tf.Tensor
  const joined = up?.blocks[0]?.forward(tf.concat([raised, skip], -1)) as tf.Tensor
  const expected = built.last.forward(silu(built.norm?.forward(joined) as tf.Tensor))
  expectClose(built.forward(x), expected, 1e-6)
})

test('gradients in the input and in every parameter', () => {
  const shapes = { input: [2, 2, 1], output: [2, 2, 1] }
  const built = net({ ...shapes, channels: [2, 2], attentionHeads: 1 })
  checkLayerGradient(built, normal([1, 2, 2, 1]), { tolerance: 1e-3 })
})

test('dropout and batch norm see the context', () => {
  const { context, updates } = testContext(true)
  const built = net({ norm: 'batch', dropout: 0.5 })
  const x = normal([2, 4, 8, 2])
  expect(valuesOf(built.forward(x, context))).not.toEqual(valuesOf(built.forward(x)))
  expect(updates.size).toBeGreaterThan(0)
  expect(valuesOf(built.forward(x))).toEqual(valuesOf(built.forward(x)))
})

test('leaks nothing', () => {
  const x = normal([1, 4, 8, 2])
  const before = tf.memory().numTensors
  const built = new UNet(
    { input: [4, 8, 2], output: [4, 8, 3], channels: [4, 6], attentionHeads: 2 },
    new Rng(1),
  )
  tf.tidy(() => built.forward(x)).dispose()
  built.dispose()
  expect(tf.memory().numTensors).toBe(before)
})

test('bad input', () => {
  const build = (config: Partial<UNetConfig>): UNet => net(config)
  expect(() => build({ input: [6, 8, 1], output: [6, 8, 1], channels: [2, 2, 2] })).toThrow(
    'unet: input: [6,8,1] came, expected height and width divisible by 4: 3 levels halve the map 2 times',
  )
  expect(() => build({ output: [8, 8, 1] })).toThrow('unet: output: [8,8,1] came')
  expect(() => build({ channels: [] })).toThrow('unet: channels: [] came')
  expect(() => build({ blocks: 0 })).toThrow('unet: blocks: 0 came')
  expect(() => build({ attentionHeads: 4 })).toThrow('heads: 4 came, expected a divisor of 6')
  expect(() => net().forward(tf.zeros([2, 8, 8, 2]))).toThrow('unet: an input of shape [2,8,8,2]')
  const spec = { ...unet([2]), depth: 3 }
  expect(() => network(spec, { input: [2, 2, 1], output: [2, 2, 1] }, new Rng(1))).toThrow(
    "unet: field: 'depth' is not known",
  )
})
