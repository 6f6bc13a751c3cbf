/**
 * Activations by name: elementwise functions from a tensor to a tensor of the same shape.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import { gelu as fusedGelu, Module, unknownName } from '@winnow/core'
import type { InitializerName } from './init.ts'
import type { Layer } from './layer.ts'

/** An elementwise function. */
export type ActivationFunction = (x: Tensor) => Tensor

/** The activations by name. */
export type ActivationName =
  | 'identity'
  | 'gelu'
  | 'geluTanh'
  | 'silu'
  | 'relu'
  | 'leakyRelu'
  | 'elu'
  | 'tanh'
  | 'sigmoid'
  | 'softplus'

/** Gaussian error linear unit, x Phi(x) = x (1 + erf(x / sqrt 2)) / 2 (Hendrycks and Gimpel, 2016). */
export function gelu(x: Tensor): Tensor {
  return fusedGelu(x)
}

/** The tanh form of {@link gelu}, as in GPT-2: x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2; within 5e-4 of it. */
export function geluTanh(x: Tensor): Tensor {
  const scale = Math.sqrt(2 / Math.PI)
  const inner = tf.mul(x, tf.add(tf.mul(tf.square(x), scale * 0.044715), scale))
  return tf.mul(tf.mul(x, 0.5), tf.add(tf.tanh(inner), 1))
}

/** Sigmoid linear unit, also "swish": x sigmoid(x) (Elfwing, Uchibe and Doya, 2018). */
export function silu(x: Tensor): Tensor {
  return tf.mul(x, tf.sigmoid(x))
}

const activations: Readonly<Record<ActivationName, ActivationFunction>> = {
  /** x */
  identity: (x) => x,
  gelu,
  geluTanh,
  silu,
  /** max(x, 0) */
  relu: (x) => tf.relu(x),
  /** x where positive, 0.01 x elsewhere (Maas, Hannun and Ng, 2013) */
  leakyRelu: (x) => tf.leakyRelu(x, 0.01),
  /** x where positive, exp(x) - 1 elsewhere (Clevert, Unterthiner and Hochreiter, 2016) */
  elu: (x) => tf.elu(x),
  tanh: (x) => tf.tanh(x),
  sigmoid: (x) => tf.sigmoid(x),
  /** log(1 + exp(x)) */
  softplus: (x) => tf.softplus(x),
}

/**
 * The activation of this name: identity, gelu, geluTanh, silu, relu, leakyRelu (slope 0.01), elu, tanh, sigmoid, softplus.
 *
 * @throws WinnowError when there is none
 */
export function activation(name: ActivationName): ActivationFunction {
  if (!Object.hasOwn(activations, name)) {
    throw unknownName('activation', name, Object.keys(activations))
  }
  return activations[name]
}

/** The initialiser that suits a layer in front of this activation: He for rectifiers, Xavier for the others. */
export function initializerFor(name: ActivationName): InitializerName {
  switch (name) {
    case 'identity':
    case 'tanh':
    case 'sigmoid':
      return 'xavierUniform'
    default:
      return 'heNormal'
  }
}

/** An activation as a layer, for {@link Sequential}. Any shape to the same shape. */
export class Activation extends Module implements Layer {
  readonly config: { readonly name: ActivationName }

  constructor(config: { readonly name: ActivationName }) {
    super()
    activation(config.name)
    this.config = config
  }

  /** Any shape to the same shape, each number by itself. */
  forward(x: Tensor): Tensor {
    return activation(this.config.name)(x)
  }
}
