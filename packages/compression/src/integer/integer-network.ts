/**
 * A network of whole numbers (after Balle, Johnston and Minnen 2019, "Integer networks for data compression with latent-variable
 * models"): what chooses a frequency table at decoding time must come out the same on every machine, and floats do not.
 *
 *     y = clip(floor(2^-k (b + sum of q x)), low, high)
 *
 * with whole q, b and x in float32 tensors, such that no partial sum leaves the whole numbers that float32 holds: so the
 * float convolutions of any backend are exact, in whatever order they add.
 */
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import { check, Module, type Slot, State } from '@winnow/core'
import {
  checkIntegerNetwork,
  type IntegerNetworkConfig,
  type WeightedLayer,
  weighted,
} from './config.ts'
import { quantiseLayer } from './quantise-layer.ts'
import { type IntegerWeights, proveSums, type Range } from './sums.ts'

/** A trained layer: any module with these slots (`Conv2d`, `ConvTranspose2d`), or tensors of the same shapes. */
export interface TrainedLayer {
  readonly weight: Tensor | Slot
  readonly bias?: Tensor | Slot | undefined
}

/** Options of {@link IntegerNetwork.quantise}. */
export interface QuantiseNetworkOptions {
  /** Inputs as they will come, `[n, height, width, channels]`, whole numbers: they show how large activations grow. */
  readonly calibration: Tensor
  /** What 1 stands for in the input, in all channels or in each; 1 by default. */
  readonly inputStep?: number | readonly number[]
  /** What 1 shall stand for in the output, in all channels or in each; 1 by default. */
  readonly outputStep?: number | readonly number[]
}

/** The integers of one layer. Scales are 2^-k. */
class IntegerLayer extends Module {
  readonly weight: State
  readonly bias: State
  readonly scale: State

  constructor(shape: readonly number[], outputs: number) {
    super()
    this.weight = new State(tf.zeros([...shape]))
    this.bias = new State(tf.zeros([outputs]))
    this.scale = new State(tf.ones([outputs]))
  }
}

/**
 * `[batch, height, width, channels]` to a map of whole numbers within the last layer's range. It begins with zeros; see
 * {@link IntegerNetwork.quantise}. Slots: `layers.N.weight`, `.bias` and `.scale`, of the layers that have weights.
 */
export class IntegerNetwork extends Module {
  readonly config: IntegerNetworkConfig
  /** @internal */
  readonly layers: IntegerLayer[]

  /** @throws WinnowError for layers that do not exist or ranges that are too wide */
  constructor(config: IntegerNetworkConfig) {
    super()
    checkIntegerNetwork(config)
    this.config = config
    this.layers = weighted(config).map(
      ({ shape, outputs }: WeightedLayer) => new IntegerLayer(shape, outputs),
    )
  }

  /** What goes in beyond the input's range is clipped to it, and rounded. */
  forward(x: Tensor): Tensor {
    const { channels, low, high } = this.config.input
    check(
      x.rank === 4 && x.shape[3] === channels,
      () => `IntegerNetwork: shape [${x.shape}] came, expected [batch, height, width, ${channels}]`,
    )
    let y: Tensor = tf.clipByValue(tf.floor(tf.add(x, 0.5)), low, high)
    let next = 0
    for (const layer of this.config.layers) {
      if (layer.kind === 'depthToSpace') {
        y = tf.depthToSpace(y as Tensor4D, layer.block)
        continue
      }
      const { weight, bias, scale } = this.layers[next++] as IntegerLayer
      const sums = convolve(y, weight.value, layer)
      const scaled = tf.floor(tf.mul(tf.add(sums, bias.value), scale.value))
      y = tf.clipByValue(scaled, layer.low ?? 0, layer.high ?? 255)
    }
    return y
  }

  /**
   * Takes over trained layers: their weights as whole numbers, with a scale for each channel from how large activations grow
   * on the calibration inputs. Between two layers that have weights the trained network applies ReLU where `low` is 0, and
   * nothing where it is negative.
   *
   * @param trained the layers that have weights, in order
   * @throws WinnowError for weights of other shapes or that are not finite, or sums that cannot be kept exact
   */
  async quantise(trained: readonly TrainedLayer[], options: QuantiseNetworkOptions): Promise<void> {
    const { calibration, inputStep = 1, outputStep = 1 } = options
    const list = weighted(this.config)
    check(
      trained.length === list.length,
      () => `IntegerNetwork: ${trained.length} trained layers came, expected ${list.length}`,
    )
    let steps = each(inputStep, this.config.input.channels)
    let range: Range = this.config.input
    let x = tf.tidy(() => tf.mul(calibration, steps))
    let next = 0
    for (const layer of this.config.layers) {
      if (layer.kind === 'depthToSpace') {
        x = replace(x, tf.depthToSpace(x as Tensor4D, layer.block))
        // Channel c of the result holds the channels c, c + n, c + 2n... of what came: one step for all of them.
        const outputs = x.shape[3] as number
        check(
          steps.every((step, i) => step === steps[i % outputs]),
          () => 'IntegerNetwork: steps differ among channels that become one',
        )
        steps = steps.slice(0, outputs)
        continue
      }
      const shape = list[next] as WeightedLayer
      const weight = tensorOf((trained[next] as TrainedLayer).weight)
      const trainedBias = (trained[next] as TrainedLayer).bias
      check(
        weight.shape.join() === shape.shape.join(),
        () =>
          `IntegerNetwork: a weight of shape [${weight.shape}] came for layer ${next}, expected [${shape.shape}]`,
      )
      const bias = trainedBias === undefined ? tf.zeros([shape.outputs]) : tensorOf(trainedBias)
      const input = x
      x = replace(
        x,
        tf.tidy(() => {
          const y = tf.add(convolve(input, weight, layer), bias)
          return (layer.low ?? 0) === 0 && next < list.length - 1 ? tf.relu(y) : y
        }),
      )
      const output =
        next === list.length - 1
          ? each(outputStep, shape.outputs)
          : await observedSteps(x, layer.high ?? 255, shape.blocked)
      const integers = quantiseLayer(
        `IntegerNetwork: layer ${next}`,
        { ...shape, values: await weight.data() },
        await bias.data(),
        { input: steps, output, range },
      )
      if (trainedBias === undefined) bias.dispose()
      this.#assign(next, integers)
      steps = output
      range = { low: layer.low ?? 0, high: layer.high ?? 255 }
      next++
    }
    x.dispose()
  }

  /**
   * Proves again that every sum is exact, of weights that came from a file.
   *
   * @throws WinnowError where one may not be
   */
  async verify(): Promise<void> {
    let range: Range = this.config.input
    for (const [i, shape] of weighted(this.config).entries()) {
      const { weight, bias, scale } = this.layers[i] as IntegerLayer
      const [values, biases, scales] = await Promise.all([
        weight.value.data(),
        bias.value.data(),
        scale.value.data(),
      ])
      const integers = { ...shape, values, bias: biases, scale: scales }
      proveSums(`IntegerNetwork: layer ${i}`, integers, range)
      range = shape.range
    }
  }

  #assign(at: number, integers: IntegerWeights): void {
    const layer = this.layers[at] as IntegerLayer
    layer.weight.assign(
      tf.tensor(integers.values as Float32Array, layer.weight.shape as number[], 'float32'),
    )
    layer.bias.assign(tf.tensor1d(integers.bias as Float32Array, 'float32'))
    layer.scale.assign(tf.tensor1d(integers.scale as Float32Array, 'float32'))
  }
}

function convolve(
  x: Tensor,
  weight: Tensor,
  { kind, stride = 1, outputs }: { kind: string; stride?: number; outputs: number },
): Tensor {
  if (kind === 'conv') return tf.conv2d(x as Tensor4D, weight as Tensor4D, stride, 'same')
  const [batch, height, width] = x.shape as [number, number, number]
  const shape: [number, number, number, number] = [batch, height * stride, width * stride, outputs]
  return tf.conv2dTranspose(x as Tensor4D, weight as Tensor4D, shape, stride, 'same')
}

/** The largest activation of each channel becomes the largest whole number; one for all channels that depthToSpace joins. */
async function observedSteps(x: Tensor, high: number, blocked: number): Promise<Float32Array> {
  const largest = tf.tidy(() => tf.max(tf.abs(x), [0, 1, 2]))
  const values = Float32Array.from(await largest.data())
  largest.dispose()
  const groups = values.length / blocked
  const maxima = values.map((_, channel) => {
    let most = 0
    for (let i = channel % groups; i < values.length; i += groups) {
      most = Math.max(most, values[i] as number)
    }
    return most
  })
  // A channel that is never on here may be on elsewhere: it gets the step of the others. A large one of its own would take
  // all of the weights' digits from the channels that matter.
  const live = maxima.filter((most) => most > 0 && Number.isFinite(most))
  const usual = live.length === 0 ? 1 : live.reduce((sum, most) => sum + most, 0) / live.length
  return maxima.map((most) => (most > 0 && Number.isFinite(most) ? most : usual) / high)
}

function each(step: number | readonly number[], channels: number): Float32Array {
  const steps = typeof step === 'number' ? new Array<number>(channels).fill(step) : step
  check(
    steps.length === channels && steps.every((value) => Number.isFinite(value) && value > 0),
    () => `IntegerNetwork: steps [${steps}] came, expected ${channels} positive numbers`,
  )
  return Float32Array.from(steps)
}

function replace(old: Tensor, value: Tensor): Tensor {
  old.dispose()
  return value
}

function tensorOf(value: Tensor | Slot): Tensor {
  return 'value' in value ? value.value : value
}
