/**
 * Transposed convolution along one axis, channels last: the gradient of {@link Conv1d} with respect to its input, used
 * forwards, so that a stride lengthens the sequence.
 */
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core'
import { add, conv2dTranspose, reshape, zeros } from '@tensorflow/tfjs-core'
import { Module, Parameter, type Rng } from '@winnow/core'
import { type InitializerName, initializer } from '../init.ts'
import type { Layer } from '../layer.ts'
import { checkCount, checkMap } from '../shape.ts'
import { checkPadding, type Padding, transposedSize } from './kernel.ts'

/** See {@link ConvTranspose1d}. */
export interface ConvTranspose1dConfig {
  /** Channels of the input. */
  readonly inputs: number
  /** Channels of the result. */
  readonly outputs: number
  readonly kernel: number
  /** 1 by default. */
  readonly stride?: number
  /** `same` by default. */
  readonly padding?: Padding
  /** Length of the output, as {@link ConvTranspose2dConfig.size}. */
  readonly size?: number
  /** Whether to add b, zero at first; true by default. */
  readonly bias?: boolean
  /** How W starts; `heNormal` by default, an output summing over kernel / stride inputs. */
  readonly init?: InitializerName
}

/**
 * `[batch, length, inputs]` to `[batch, length', outputs]`.
 * Slots: `weight` `[kernel, outputs, inputs]` (tfjs's order), `bias` `[outputs]`.
 */
export class ConvTranspose1d extends Module implements Layer {
  readonly config: ConvTranspose1dConfig
  readonly weight: Parameter
  readonly bias: Parameter | undefined

  constructor(config: ConvTranspose1dConfig, rng: Rng) {
    super()
    const { inputs, outputs, kernel, stride = 1, size = 1 } = config
    const { padding = 'same', bias = true, init = 'heNormal' } = config
    for (const [name, value] of Object.entries({ inputs, outputs, kernel, stride, size })) {
      checkCount(`ConvTranspose1d: ${name}`, value)
    }
    checkPadding('ConvTranspose1d', padding)
    this.config = config
    const fans = { input: (kernel / stride) * inputs, output: kernel * outputs }
    this.weight = new Parameter(initializer(init)([kernel, outputs, inputs], fans, rng))
    this.bias = bias ? new Parameter(zeros([outputs])) : undefined
  }

  /** @throws WinnowError when `x` has another rank or number of channels, or cannot give the length asked for */
  forward(x: Tensor): Tensor {
    const { inputs, outputs, kernel, stride = 1, padding = 'same' } = this.config
    checkMap('ConvTranspose1d', x, ['batch', 'length'], inputs)
    const [batch, length] = x.shape as [number, number]
    const out = this.outputSize(length)
    // A map of height 1: there is no kernel for one axis.
    const map = reshape(x, [batch, 1, length, inputs]) as Tensor4D
    const weight = reshape(this.weight.value, [1, kernel, outputs, inputs]) as Tensor4D
    const y = conv2dTranspose(map, weight, [batch, 1, out, outputs], [1, stride], padding)
    const sequence: Tensor = reshape(y, [batch, out, outputs])
    return this.bias === undefined ? sequence : add(sequence, this.bias.value)
  }

  /** Length of the output for an input of this length. */
  outputSize(length: number): number {
    const { kernel, stride = 1, padding = 'same', size } = this.config
    return transposedSize('ConvTranspose1d', length, { kernel, stride, padding, wanted: size })
  }
}
