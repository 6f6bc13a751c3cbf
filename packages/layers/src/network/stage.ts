/**
 * One hidden stage of a network: a layer, then its norm, activation and dropout.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { type Context, Module } from '@winnow/core'
import { type ActivationName, activation } from '../activation.ts'
import { checkRate, Dropout } from '../dropout.ts'
import type { Layer, LayerModule } from '../layer.ts'
import { checkNorm, type NormName, norm } from '../norm/norm.ts'

/** What may follow a layer. */
export interface StageOptions {
  /** `relu` by default. */
  readonly activation?: ActivationName
  /** Between the layer and its activation; `none` by default. */
  readonly norm?: NormName
  /** Probability of dropping an entry after the activation, in [0, 1); 0 by default. */
  readonly dropout?: number
}

/** The names of {@link StageOptions}. */
export const stageOptions: readonly string[] = ['activation', 'norm', 'dropout']

/** Throws on a name or a rate that no stage can have: before any parameter is made. */
export function checkStageOptions(kind: string, options: StageOptions): void {
  activation(options.activation ?? 'relu')
  checkNorm(options.norm ?? 'none')
  checkRate(`${kind}: dropout`, options.dropout ?? 0)
}

/** A layer, its norm, activation and dropout in this order. Slots: `layer...`, and `norm...` where there is one. */
export class Stage extends Module implements Layer {
  readonly layer: LayerModule
  readonly norm: LayerModule | undefined
  readonly activation: ActivationName
  readonly dropout: Dropout

  /**
   * @param layer what comes first
   * @param features size of the last axis of its result
   */
  constructor(layer: LayerModule, features: number, options: StageOptions) {
    super()
    this.layer = layer
    this.norm = norm(options.norm ?? 'none', features)
    this.activation = options.activation ?? 'relu'
    this.dropout = new Dropout({ rate: options.dropout ?? 0 })
  }

  /** The shape that `layer` expects to the one that it gives. */
  forward(x: Tensor, context?: Context): Tensor {
    const y = this.layer.forward(x, context)
    const z = this.norm === undefined ? y : this.norm.forward(y, context)
    return this.dropout.forward(activation(this.activation)(z), context)
  }
}
