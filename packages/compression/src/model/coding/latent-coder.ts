/**
 * What turns pixels into symbols, and symbols into latents: a part of every codec.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import type { SymbolReader } from '../../entropy-coding/symbol-reader.ts'
import type { Symbols } from './symbols.ts'

/** See the module's comment. Its compiled functions are disposed with it. */
export interface LatentCoder extends Disposable {
  /**
   * What is coded of a tile, in the order in which it is decoded.
   *
   * @param pixels `[1, height, width, channels]` in [0, 1]
   * @param choice of the lambda, `[1, lambdas]`
   */
  encode(pixels: Tensor, choice: Tensor): Promise<Symbols[]>
  /** Latents of a tile, `[height, width, latents]` in rows. */
  decode(reader: SymbolReader, height: number, width: number): Promise<Float32Array>
}
