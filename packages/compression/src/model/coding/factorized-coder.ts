/**
 * Latents of a tile to symbols and back, under a factorised prior: every channel has one table.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import { type Compiled, compile } from '@winnow/core'
import type { SymbolReader } from '../../entropy-coding/symbol-reader.ts'
import type { FactorizedPriorCodec } from '../factorized-prior-codec.ts'
import type { LatentCoder } from './latent-coder.ts'
import { channelChoices, type Symbols } from './symbols.ts'

export class FactorizedCoder implements LatentCoder {
  readonly #codec: FactorizedPriorCodec
  readonly #encode: Compiled<[Tensor, Tensor], Tensor>

  constructor(codec: FactorizedPriorCodec) {
    this.#codec = codec
    this.#encode = compile(
      (x, choice) => tf.round(tf.sub(codec.encode(x, choice), codec.entropy.medians.value)),
      { modules: [codec] },
    )
  }

  async encode(pixels: Tensor, choice: Tensor): Promise<Symbols[]> {
    const tables = await this.#codec.tables.tables()
    const symbols = await this.#encode(pixels, choice)
    const [, height, width] = symbols.shape as [number, number, number]
    const values = await symbols.data()
    symbols.dispose()
    return [{ values, tables, choices: channelChoices(height * width, tables.length) }]
  }

  async decode(reader: SymbolReader, height: number, width: number): Promise<Float32Array> {
    const tables = await this.#codec.tables.tables()
    const medians = await this.#codec.entropy.medians.value.data()
    const choices = channelChoices(height * width, tables.length)
    return Float32Array.from(
      reader.getAll(tables, choices),
      (value, i) => value + (medians[choices[i] as number] as number),
    )
  }

  [Symbol.dispose](): void {
    this.#encode.dispose()
  }
}
