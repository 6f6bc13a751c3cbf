/**
 * The tensors of somebody's file, taken by name: each must have the shape that is expected, and none may be left over.
 */
import { check, parseSafetensors, unknownName } from '@winnow/core'
import { firstNonFinite } from './record.ts'

/** A tensor whose values are decoded when they are asked for. */
export interface WeightTensor {
  readonly shape: readonly number[]
  readonly values: () => Promise<ArrayLike<number>>
}

/** Tensors by name. */
export class Weights {
  readonly file: string
  readonly #tensors: ReadonlyMap<string, WeightTensor>

  constructor(tensors: ReadonlyMap<string, WeightTensor>, file: string) {
    this.#tensors = tensors
    this.file = file
  }

  has(name: string): boolean {
    return this.#tensors.has(name)
  }

  /** @throws WinnowError when there is none of the name, or it is no matrix */
  matrixShape(name: string): readonly [number, number] {
    const shape = this.#find(name).shape
    check(
      shape.length === 2 && shape.every((size) => size >= 1),
      () => `${this.file}: '${name}' has shape [${shape}], expected a matrix`,
    )
    return shape as unknown as readonly [number, number]
  }

  /** The values, row-major. @throws WinnowError when it is missing, of another shape, or not finite */
  async take(name: string, shape: readonly number[]): Promise<Float32Array> {
    const tensor = this.#find(name)
    check(
      tensor.shape.join() === shape.join(),
      () => `${this.file}: '${name}' has shape [${tensor.shape}], expected [${shape}]`,
    )
    const found = await tensor.values()
    const values = found instanceof Float32Array ? found : new Float32Array(found)
    const bad = firstNonFinite(values)
    check(bad < 0, () => `${this.file}: '${name}' holds ${values[bad]} at ${bad}`)
    return values
  }

  /** A single number. */
  async number(name: string): Promise<number> {
    const { shape } = this.#find(name)
    return (await this.take(name, shape.length === 0 ? [] : [1]))[0] as number
  }

  /** @throws WinnowError when there is a tensor besides those named: it would change what the model computes */
  expectOnly(names: readonly string[]): void {
    for (const name of this.#tensors.keys()) {
      if (!names.includes(name)) throw unknownName(`${this.file}: tensor`, name, names)
    }
  }

  #find(name: string): WeightTensor {
    const tensor = this.#tensors.get(name)
    check(
      tensor !== undefined,
      () => `${this.file}: has no tensor '${name}', it has ${[...this.#tensors.keys()].join(', ')}`,
    )
    return tensor
  }
}

/** The tensors of a safetensors file. */
export function safetensorsWeights(bytes: Uint8Array, file: string): Weights {
  const { tensors } = parseSafetensors(bytes, { name: file })
  const entries = [...tensors].map(([name, { shape, data }]): [string, WeightTensor] => [
    name,
    {
      shape,
      values: async () => (data instanceof BigInt64Array ? Float64Array.from(data, Number) : data),
    },
  ])
  return new Weights(new Map(entries), file)
}
