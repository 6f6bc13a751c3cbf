/**
 * Latents of a tile to symbols and back, under a hyperprior in whole numbers.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import { type Compiled, compile } from '@winnow/core'
import { gaussianTables } from '../../entropy-coding/gaussian-tables.ts'
import type { SymbolReader } from '../../entropy-coding/symbol-reader.ts'
import { type CodingStep, partOf, placesOf } from '../coding-order.ts'
import { HYPER_STRIDE } from '../hyperprior.ts'
import type { HyperpriorCodec } from '../hyperprior-codec.ts'
import type { Foretold } from './integer-hyperprior.ts'
import type { LatentCoder } from './latent-coder.ts'
import { channelChoices, chosenRows, type Symbols } from './symbols.ts'

/** What the summary's steps are clipped to: what the integer network takes. */
const REACH = 255

interface Encoded {
  readonly summary: Tensor
  readonly steps: readonly { readonly symbols: Tensor; readonly indices: Tensor }[]
}

type Foretell = Compiled<[Tensor, readonly Tensor[]], Foretold>

export class HyperpriorCoder implements LatentCoder {
  readonly #codec: HyperpriorCodec
  readonly #encode: Compiled<[Tensor, Tensor], Encoded>
  readonly #features: Compiled<[Tensor], Tensor>
  readonly #foretell: readonly Foretell[]

  constructor(codec: HyperpriorCodec) {
    this.#codec = codec
    const { coding, steps } = codec
    this.#encode = compile((x, choice) => this.#symbols(x, choice), { modules: [codec] })
    this.#features = compile((summary) => coding.features(summary), { modules: [coding] })
    this.#foretell = steps.map((step, at) =>
      compile((features, parts) => coding.foretell(at, step, features, parts), {
        modules: [coding],
      }),
    )
  }

  async encode(pixels: Tensor, choice: Tensor): Promise<Symbols[]> {
    const { coding, steps } = this.#codec
    const tables = await coding.tables.tables()
    const { summary, steps: coded } = await this.#encode(pixels, choice)
    const [, height, width, channels] = summary.shape as [number, number, number, number]
    const all: Symbols[] = [
      { values: await summary.data(), tables, choices: channelChoices(height * width, channels) },
    ]
    for (const [at, { symbols, indices }] of coded.entries()) {
      const places = placesOf(steps[at] as CodingStep, HYPER_STRIDE * height, HYPER_STRIDE * width)
      all.push({
        values: chosenRows(await symbols.data(), places),
        tables: gaussianTables(),
        choices: chosenRows(await indices.data(), places),
      })
    }
    tf.dispose([summary, ...coded.flatMap(({ symbols, indices }) => [symbols, indices])])
    return all
  }

  async decode(reader: SymbolReader, height: number, width: number): Promise<Float32Array> {
    const { coding, steps, config } = this.#codec
    const { latents = 192, channels = 128 } = config
    const tables = await coding.tables.tables()
    const [h, w] = [height / HYPER_STRIDE, width / HYPER_STRIDE]
    const values = reader.getAll(tables, channelChoices(h * w, channels))
    const summary = tf.tensor(Float32Array.from(values), [1, h, w, channels])
    const features = await this.#features(summary)
    const parts: Tensor[] = []
    const out = new Float32Array(height * width * latents)
    for (const [at, step] of steps.entries()) {
      const foretold = await (this.#foretell[at] as Foretell)(features, parts)
      const [means, indices] = [await foretold.means.data(), await foretold.indices.data()]
      const places = placesOf(step, height, width)
      const symbols = reader.getAll(gaussianTables(), chosenRows(indices, places))
      const part = new Float32Array(height * width * step.channels)
      let next = 0
      for (let place = 0; place < height * width; place++) {
        if (places?.[place] === 0) continue
        for (let c = 0; c < step.channels; c++) {
          const i = place * step.channels + c
          const value = (symbols[next++] as number) + (means[i] as number)
          part[i] = value
          out[place * latents + step.first + c] = value
        }
      }
      tf.dispose([foretold.means, foretold.indices])
      parts.push(tf.tensor(part, [1, height, width, step.channels]))
    }
    tf.dispose([summary, features, parts])
    return out
  }

  [Symbol.dispose](): void {
    for (const compiled of [this.#encode, this.#features, ...this.#foretell]) compiled.dispose()
  }

  #symbols(x: Tensor, choice: Tensor): Encoded {
    const { coding, steps, hyperAnalysis, entropy } = this.#codec
    const latents = this.#codec.encode(x, choice)
    const offset = tf.sub(hyperAnalysis.forward(latents), entropy.medians.value)
    const summary = tf.clipByValue(tf.round(offset), -REACH, REACH)
    const features = coding.features(summary)
    const parts: Tensor[] = []
    const coded = steps.map((step, at) => {
      const { means, indices } = coding.foretell(at, step, features, parts)
      const symbols = tf.round(tf.sub(partOf(latents, step), means))
      parts.push(partOf(tf.add(symbols, means), { ...step, first: 0 }))
      return { symbols, indices }
    })
    return { summary, steps: coded }
  }
}
