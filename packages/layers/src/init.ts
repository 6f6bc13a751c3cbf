/**
 * Initial values of parameters, drawn from an Rng: the same numbers on every backend.
 *
 * `fans` says how many inputs an output sums over and how many outputs an input reaches; variance-scaling schemes keep
 * the variance of activations (fan in), of gradients (fan out) or a compromise through a stack of layers.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { tensor, ones as tfOnes, zeros as tfZeros } from '@tensorflow/tfjs-core'
import { type Rng, unknownName } from '@winnow/core'
import { type Shape, sizeOf } from './shape.ts'

/** Fan in and fan out of a weight. */
export interface Fans {
  /** How many inputs one output sums over. */
  readonly input: number
  /** How many outputs one input reaches. */
  readonly output: number
}

/** Makes the first value of a parameter: float32 of `shape`. */
export type Initializer = (shape: Shape, fans: Fans, rng: Rng) => Tensor

/** The initialisers by name. */
export type InitializerName =
  | 'xavierUniform'
  | 'xavierNormal'
  | 'heUniform'
  | 'heNormal'
  | 'lecunNormal'
  | 'truncatedNormal'
  | 'zeros'
  | 'ones'

/** Glorot and Bengio (2010): uniform in +-sqrt(6 / (fan in + fan out)). For symmetric activations such as tanh. */
export const xavierUniform: Initializer = (shape, fans, rng) => {
  const limit = Math.sqrt(6 / (fans.input + fans.output))
  return rng.uniform(shape, { low: -limit, high: limit })
}

/** Glorot and Bengio (2010): normal of variance 2 / (fan in + fan out). */
export const xavierNormal: Initializer = (shape, fans, rng) =>
  rng.normal(shape, { deviation: Math.sqrt(2 / (fans.input + fans.output)) })

/** He, Zhang, Ren and Sun (2015), also "Kaiming": uniform of variance 2 / fan in. For rectifiers. */
export const heUniform: Initializer = (shape, fans, rng) => {
  const limit = Math.sqrt(6 / fans.input)
  return rng.uniform(shape, { low: -limit, high: limit })
}

/** He, Zhang, Ren and Sun (2015), also "Kaiming": normal of variance 2 / fan in. For rectifiers. */
export const heNormal: Initializer = (shape, fans, rng) =>
  rng.normal(shape, { deviation: Math.sqrt(2 / fans.input) })

/** LeCun, Bottou, Orr and Müller (1998): normal of variance 1 / fan in. For linear and self-normalising layers. */
export const lecunNormal: Initializer = (shape, fans, rng) =>
  rng.normal(shape, { deviation: Math.sqrt(1 / fans.input) })

/**
 * Normal of deviation 0.02, what lies beyond two deviations being drawn again: the scheme of BERT (Devlin et al., 2019)
 * and of ViT. The truncation leaves a deviation of 0.0176, as it does there.
 */
export const truncatedNormal: Initializer = (shape, _, rng) =>
  tensor(truncatedNormalValues(sizeOf(shape), 0.02, rng), [...shape], 'float32')

/** All zeros. */
export const zeros: Initializer = (shape) => tfZeros([...shape])

/** All ones. */
export const ones: Initializer = (shape) => tfOnes([...shape])

/** `length` normal numbers of this deviation before truncation at two of it, on the host. */
export function truncatedNormalValues(length: number, deviation: number, rng: Rng): Float32Array {
  const out = rng.normalValues(length, 0, deviation)
  let outside = indicesOutside(out, 2 * deviation)
  while (outside.length > 0) {
    const again = rng.normalValues(outside.length, 0, deviation)
    for (const [i, index] of outside.entries()) out[index] = again[i] as number
    outside = outside.filter((index) => Math.abs(out[index] as number) > 2 * deviation)
  }
  return out
}

function indicesOutside(values: Float32Array, limit: number): number[] {
  const found: number[] = []
  for (let i = 0; i < values.length; i++) if (Math.abs(values[i] as number) > limit) found.push(i)
  return found
}

const initializers: Readonly<Record<InitializerName, Initializer>> = {
  xavierUniform,
  xavierNormal,
  heUniform,
  heNormal,
  lecunNormal,
  truncatedNormal,
  zeros,
  ones,
}

/** @throws WinnowError when no initialiser has this name */
export function initializer(name: InitializerName): Initializer {
  if (!Object.hasOwn(initializers, name)) throw unknownName('init', name, Object.keys(initializers))
  return initializers[name]
}
