/**
 * A layer: a function from a tensor to a tensor, with parameters of its own.
 *
 * Every layer is `class X extends Module implements Layer`, built by `new X(config, rng)` where the config is plain JSON.
 */

import type { Tensor } from '@tensorflow/tfjs-core'
import type { Context, Module } from '@winnow/core'

/** What maps a tensor to a tensor. */
export interface Layer {
  /**
   * Maps a batch of inputs. Nothing is remembered but what {@link Context.update} is given.
   *
   * @param x the input; the shape that each layer expects is stated at the layer
   * @param context the step's context. Without one the layer runs as in inference: no dropout, running statistics.
   */
  forward(x: Tensor, context?: Context): Tensor
}

/** A module that is a layer. */
export type LayerModule = Module & Layer
