/**
 * An integer network as a hyper decoder has it, and one whose sums go to the bound: what every backend must compute to the bit.
 */
import * as tf from '@tensorflow/tfjs-core'
import { deserialise, Rng } from '@winnow/core'
import { Conv2d, ConvTranspose2d } from '@winnow/layers'
import type { IntegerNetworkConfig } from '../config.ts'
import { IntegerNetwork } from '../integer-network.ts'

/** The trained network whose integers {@link hyperDecoder} takes. */
export interface TrainedStack {
  readonly layers: readonly (Conv2d | ConvTranspose2d)[]
  /** With floats, ReLU between the layers. */
  forward(x: tf.Tensor): tf.Tensor
  dispose(): void
}

/** Two transposed convolutions, depthToSpace and a convolution: 16 channels to 24, 8 times as high and wide. */
export function trainedStack(seed = 1): TrainedStack {
  const rng = new Rng(seed)
  const first = new ConvTranspose2d({ inputs: 16, outputs: 24, kernel: 5, stride: 2 }, rng)
  const second = new ConvTranspose2d({ inputs: 24, outputs: 32, kernel: 5, stride: 2 }, rng)
  const third = new Conv2d({ inputs: 32, outputs: 64, kernel: 3 }, rng)
  const last = new Conv2d({ inputs: 16, outputs: 24, kernel: 1 }, rng)
  const layers = [first, second, third, last]
  for (const { bias } of layers)
    bias?.assign(rng.normal(bias.shape as number[], { deviation: 0.3 }))
  return {
    layers,
    forward: (x) =>
      tf.tidy(() => {
        const y = tf.relu(third.forward(tf.relu(second.forward(tf.relu(first.forward(x))))))
        return last.forward(tf.depthToSpace(y as tf.Tensor4D, 2))
      }),
    dispose: () => {
      for (const layer of layers) layer.dispose()
    },
  }
}

/** Latents as they come: rounded, mostly small. */
export function latents(seed: number, shape: readonly number[] = [2, 5, 4, 16]): tf.Tensor {
  const size = shape.reduce((product, axis) => product * axis)
  const values = new Rng(seed).normalValues(size, 0, 4)
  return tf.tensor(values.map(Math.round), [...shape])
}

/** The integers of {@link trainedStack}. Its output is in parts of 1/64. */
export async function hyperDecoder(stack: TrainedStack): Promise<IntegerNetwork> {
  const network = new IntegerNetwork({
    input: { channels: 16, low: -63, high: 63 },
    layers: [
      { kind: 'convTranspose', outputs: 24, kernel: 5, stride: 2 },
      { kind: 'convTranspose', outputs: 32, kernel: 5, stride: 2 },
      { kind: 'conv', outputs: 64, kernel: 3 },
      { kind: 'depthToSpace', block: 2 },
      { kind: 'conv', outputs: 24, kernel: 1, low: -32768, high: 32767 },
    ],
  })
  const calibration = latents(7, [8, 8, 8, 16])
  await network.quantise(stack.layers, { calibration, outputStep: 1 / 64 })
  calibration.dispose()
  return network
}

/** Sums near 2^24, odd in their last bit: one rounding anywhere changes the outcome, since nothing is shifted out. */
export function brinkNetwork(): IntegerNetwork {
  const network = new IntegerNetwork({
    input: { channels: 64, low: 0, high: 255 },
    layers: [{ kind: 'conv', outputs: 3, kernel: 3, low: -(2 ** 20), high: 2 ** 20 }],
  })
  // First 288 products of one sign, up to 226 * 255 each, 0.99 of 2^24 together; then as many of the other.
  const rng = new Rng(3)
  const draws = rng.uniformValues(3 * 3 * 64 * 3, 200, 227)
  const values = draws.map((draw, i) =>
    Math.floor(i / 3) < 288 ? Math.floor(draw) : -Math.floor(draw),
  )
  network.layers[0]?.weight.assign(tf.tensor(values, [3, 3, 64, 3]))
  network.layers[0]?.bias.assign(tf.tensor1d([1, -7, 12345]))
  return network
}

/** Inputs at the upper end, and a few a little below. */
export function brinkInputs(): tf.Tensor {
  const draws = new Rng(4).uniformValues(6 * 6 * 64, 0, 4)
  return tf.tensor(
    draws.map((draw) => 255 - Math.floor(draw)),
    [1, 6, 6, 64],
  )
}

/** A network whose integers are drawn, not trained: the same in every engine, so that its outputs can be pinned. */
export function drawnNetwork(): IntegerNetwork {
  const network = new IntegerNetwork({
    input: { channels: 16, low: -63, high: 63 },
    layers: [
      { kind: 'convTranspose', outputs: 24, kernel: 5, stride: 2 },
      { kind: 'convTranspose', outputs: 32, kernel: 5, stride: 2 },
      { kind: 'conv', outputs: 64, kernel: 3 },
      { kind: 'depthToSpace', block: 2 },
      { kind: 'conv', outputs: 24, kernel: 1, low: -32768, high: 32767 },
    ],
  })
  const rng = new Rng(12)
  for (const [i, { weight, bias, scale }] of network.layers.entries()) {
    const draws = rng.uniformValues(weight.value.size, -90, 100)
    weight.assign(tf.tensor(draws.map(Math.round), weight.shape as number[]))
    bias.assign(tf.tensor(rng.uniformValues(bias.value.size, -5000, 5000).map(Math.round)))
    scale.assign(tf.fill(scale.shape as number[], i === 3 ? 1 : 2 ** -11))
  }
  return network
}

/** FNV-1a of {@link outputsOf} a {@link drawnNetwork}: what every machine gives. */
export const DRAWN_CHECKSUM = 1311317417

/** FNV-1a of whole numbers. */
export function checksum(values: readonly number[]): number {
  let hash = 0x811c9dc5
  for (const value of values) {
    for (let shift = 0; shift < 32; shift += 8) {
      hash = Math.imul(hash ^ ((value >>> shift) & 0xff), 0x01000193)
    }
  }
  return hash >>> 0
}

/** What the backends are compared by: outputs of a network and of the one at the brink, as whole numbers. */
export async function outputsOf(network: IntegerNetwork): Promise<number[]> {
  const brink = brinkNetwork()
  const inputs = [latents(9), brinkInputs()]
  const outputs = tf.tidy(() => [
    network.forward(inputs[0] as tf.Tensor),
    brink.forward(inputs[1] as tf.Tensor),
  ])
  const data = await Promise.all(outputs.map((tensor) => tensor.data()))
  tf.dispose([...inputs, ...outputs])
  brink.dispose()
  return data.flatMap((values) => [...Int32Array.from(values as Float32Array)])
}

/** The outputs of the trained network's floats: what backends do differ in. */
export async function floatOutputs(): Promise<Float32Array> {
  const stack = trainedStack()
  const x = latents(9)
  const y = stack.forward(x)
  const out = Float32Array.from(await y.data())
  tf.dispose([x, y])
  stack.dispose()
  return out
}

/** A network from the bytes of another: the same integers on another backend. */
export function loaded(config: IntegerNetworkConfig, bytes: Uint8Array): IntegerNetwork {
  const network = new IntegerNetwork(config)
  deserialise(network, bytes)
  return network
}
