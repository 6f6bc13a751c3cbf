/**
 * Small convolutional networks that tell classes, from pixels or from latents, as wide as a number of multiplications allows.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { mean, relu } from '@tensorflow/tfjs-core'
import { Module, type Rng } from '@winnow/core'
import { Conv2d } from '@winnow/layers'

/** What comes in, and where the network shall end up. */
export interface MapSize {
  readonly side: number
  readonly channels: number
}

/** One convolution, 3 x 3. */
interface Stage {
  readonly inputs: number
  readonly outputs: number
  readonly stride: 1 | 2
  /** Places of its output. */
  readonly places: number
}

/**
 * Three convolutions, halving the map at most twice until it has at most `smallest` places a side; features are means over
 * what is left.
 */
function stages(map: MapSize, smallest: number, width: number): Stage[] {
  let [side, inputs] = [map.side, map.channels]
  return [1, 2, 2].map((share): Stage => {
    const stride = side > smallest ? 2 : 1
    side = Math.ceil(side / stride)
    const stage: Stage = { inputs, outputs: share * width, stride, places: side * side }
    inputs = share * width
    return stage
  })
}

/** Multiplications for one item. */
function multiplicationsOf(all: readonly Stage[]): number {
  return all.reduce((sum, { inputs, outputs, places }) => sum + 9 * inputs * outputs * places, 0)
}

/** See the top of the file. */
export class ConvFeatures extends Module {
  readonly convolutions: readonly Conv2d[]
  /** For one item, without the linear head. */
  readonly multiplications: number
  readonly outputs: number

  /** The widest one within `budget` multiplications. */
  constructor(map: MapSize, smallest: number, budget: number, rng: Rng) {
    super()
    let width = 1
    while (multiplicationsOf(stages(map, smallest, width + 1)) <= budget) width++
    const chosen = stages(map, smallest, width)
    this.convolutions = chosen.map(
      ({ inputs, outputs, stride }) =>
        new Conv2d({ inputs, outputs, kernel: 3, stride }, rng.split()),
    )
    this.multiplications = multiplicationsOf(chosen)
    this.outputs = 2 * width
  }

  /** `[batch, side, side, channels]` to `[batch, outputs]`. */
  features(x: Tensor): Tensor {
    const map = this.convolutions.reduce((y, layer) => relu(layer.forward(y)), x)
    return mean(map, [1, 2])
  }
}
