/**
 * Embedding: a trained row for each entry of a vocabulary (Bengio et al., 2003), looked up by whole numbers.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { gather, matMul, reshape } from '@tensorflow/tfjs-core'
import { check, Module, Parameter, type Rng } from '@winnow/core'
import { type InitializerName, initializer } from './init.ts'
import type { Layer } from './layer.ts'
import { checkCount, checkLastAxis } from './shape.ts'

/** See {@link Embedding}. */
export interface EmbeddingConfig {
  /** How many ids there are: from 0 to `entries - 1`. */
  readonly entries: number
  /** Size of the last axis of the result. */
  readonly features: number
  /** How the rows start; `truncatedNormal` (deviation 0.02) by default. */
  readonly init?: InitializerName
}

/**
 * Ids int32 `[...]` to `[..., features]`. Slots: `weight` `[entries, features]`. The gradient of a row is the sum over all
 * places that looked it up.
 *
 * Ids are not read in a step, so one that is out of range is found by the backend or not at all: cpu and wasm throw; onnx
 * throws too, but counts negative ids from the end; WebGPU gives zeros. Check data on the host with {@link checkIds}.
 */
export class Embedding extends Module implements Layer {
  readonly config: EmbeddingConfig
  readonly weight: Parameter

  constructor(config: EmbeddingConfig, rng: Rng) {
    super()
    const { entries, features, init = 'truncatedNormal' } = config
    checkCount('Embedding: entries', entries)
    checkCount('Embedding: features', features)
    this.config = config
    const fans = { input: entries, output: features }
    this.weight = new Parameter(initializer(init)([entries, features], fans, rng))
  }

  /** @throws WinnowError when `ids` are not int32 */
  forward(ids: Tensor): Tensor {
    check(
      ids.dtype === 'int32',
      () => `Embedding: ids: a ${ids.dtype} tensor of shape [${ids.shape}] came, expected int32`,
    )
    const flat = ids.rank === 1 ? ids : reshape(ids, [ids.size])
    const rows: Tensor = gather(this.weight.value, flat as Tensor<never>)
    return ids.rank === 1 ? rows : reshape(rows, [...ids.shape, this.config.features])
  }

  /**
   * The other way, with the same weights (Press and Wolf, 2017): `[batch, ..., features]` to a logit for each entry,
   * `[batch, ..., entries]`.
   */
  logits(x: Tensor): Tensor {
    const { entries, features } = this.config
    checkLastAxis('Embedding: logits', x, features)
    const rows = reshape(x, [x.size / features, features])
    const products = matMul(rows as Tensor<never>, this.weight.value as Tensor<never>, false, true)
    return reshape(products, [...x.shape.slice(0, -1), entries])
  }
}

/**
 * Checks ids on the host, where an objective sees its data (`checkData`).
 *
 * @throws WinnowError for the first id that is not a whole number from 0 to `entries - 1`
 */
export function checkIds(argument: string, ids: ArrayLike<number>, entries: number): void {
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i] as number
    check(
      Number.isInteger(id) && id >= 0 && id < entries,
      () => `${argument}: the id ${id} came at place ${i}, expected 0 to ${entries - 1}`,
    )
  }
}
