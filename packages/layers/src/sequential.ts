/**
 * Layers one after another.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { type Context, Module } from '@winnow/core'
import type { Layer, LayerModule } from './layer.ts'

/** Each layer's result is the next one's input. Slots: `layers.0...`, `layers.1...` and so on. */
export class Sequential extends Module implements Layer {
  readonly layers: readonly LayerModule[]

  constructor(layers: readonly LayerModule[]) {
    super()
    this.layers = [...layers]
  }

  /** The shape that the first layer expects to the one that the last layer gives. */
  forward(x: Tensor, context?: Context): Tensor {
    return this.layers.reduce((input, layer) => layer.forward(input, context), x)
  }
}
