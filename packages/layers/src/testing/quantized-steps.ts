/**
 * Compiled training steps of every quantiser on the active backend, for comparison between backends.
 */
import * as tf from '@tensorflow/tfjs-core'
import {
  type Context,
  compile,
  Module,
  Rng,
  type State,
  states,
  valueAndGradient,
} from '@winnow/core'
import { FiniteScalarQuantizer } from '../quantize/finite-scalar-quantizer.ts'
import { LookupFreeQuantizer } from '../quantize/lookup-free-quantizer.ts'
import type { Quantizer } from '../quantize/quantizer.ts'
import { ResidualQuantizer } from '../quantize/residual-quantizer.ts'
import { VectorQuantizer } from '../quantize/vector-quantizer.ts'

class Quantizers extends Module {
  readonly trained = new VectorQuantizer({ entries: 6, features: 4 }, new Rng(1))
  readonly averaged = new VectorQuantizer(
    { entries: 6, features: 4, decay: 0.8, resetDead: 1.5 },
    new Rng(2),
  )
  readonly residual = new ResidualQuantizer(
    { quantizers: 2, entries: 5, features: 4, decay: 0.8, resetDead: 1, dropout: true },
    new Rng(3),
  )
  readonly finite = new FiniteScalarQuantizer({ levels: [8, 5, 3, 2] })
  readonly free = new LookupFreeQuantizer({ bits: 4, temperature: 1 })
  // Fewer entries than rows, unlike `finite`.
  readonly coarse = new FiniteScalarQuantizer({ levels: [2, 2, 3, 2] })
}

/** Compiled training steps: all results, gradients in the input, what is decoded and what is remembered. */
export async function quantizedSteps(steps: number): Promise<number[]> {
  using model = new Quantizers()
  const all = Object.values(model) as Quantizer[]
  using run = compile(
    (x: tf.Tensor, rng: Rng) => {
      const update = (state: State, value: tf.Tensor): void => state.assign(value)
      const context: Context = { rng, step: tf.scalar(0), scalars: {}, training: true, update }
      return all.map((quantizer) => {
        const { values, gradients } = valueAndGradient(() => {
          const { quantized, indices, loss, perplexity, usage } = quantizer.forward(x, context)
          const total = tf.add(loss, tf.sum(tf.square(quantized)))
          return { loss: total, quantized, indices, perplexity, usage }
        }, [x])
        return [Object.values(values), gradients, quantizer.decode(values.indices)]
      })
    },
    { modules: [model] },
  )
  const numbers: number[] = []
  const rng = new Rng(9)
  for (let step = 0; step < steps; step++) {
    const x = new Rng(20 + step).normal([4, 8, 4])
    const results = (await run(x, rng)).flat(2) as tf.Tensor[]
    const kept = [...states(model).values()].map(({ value }) => value)
    for (const tensor of [...results, ...kept]) numbers.push(...(await tensor.data()))
    tf.dispose([results, x])
  }
  return numbers
}

/** The places where two runs differ by more than 2e-5 of the value, or of 1. */
export function disagreements(expected: readonly number[], found: readonly number[]): string[] {
  return expected.flatMap((value, i) => {
    const other = found[i] ?? Number.NaN
    const near = Math.abs(value - other) <= 2e-5 * Math.max(1, Math.abs(value))
    return near ? [] : [`${i}: ${other} came, expected ${value}`]
  })
}
