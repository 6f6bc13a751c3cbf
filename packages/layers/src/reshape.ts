/**
 * Changes of shape as layers: the batch stays, the axes of an example are laid out anew in row-major order.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { reshape } from '@tensorflow/tfjs-core'
import { check, Module } from '@winnow/core'
import type { Layer } from './layer.ts'
import { checkShape, type Shape, sizeOf } from './shape.ts'

/** `[batch, ...]` to `[batch, size]`. */
export class Flatten extends Module implements Layer {
  /** @throws WinnowError for a scalar, which has no batch axis */
  forward(x: Tensor): Tensor {
    if (x.rank === 2) return x
    check(x.rank >= 1, () => 'Flatten: a scalar came, expected [batch, ...]')
    return reshape(x, [x.shape[0] as number, sizeOf(x.shape.slice(1))])
  }
}

/** `[batch, ...]` to `[batch, ...shape]`. */
export class Reshape extends Module implements Layer {
  readonly config: { readonly shape: Shape }

  constructor(config: { readonly shape: Shape }) {
    super()
    checkShape('Reshape: shape', config.shape)
    this.config = config
  }

  /** @throws WinnowError when an example of `x` does not hold as many numbers as the shape */
  forward(x: Tensor): Tensor {
    const { shape } = this.config
    check(
      x.rank >= 1 && sizeOf(x.shape.slice(1)) === sizeOf(shape),
      () =>
        `Reshape: an input of shape [${x.shape}] came, expected [batch, ...] with ${sizeOf(shape)} numbers an example, to make [batch, ${shape.join(', ')}]`,
    )
    return reshape(x, [x.shape[0] as number, ...shape])
  }
}
