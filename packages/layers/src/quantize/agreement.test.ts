import * as tf from '@tensorflow/tfjs-core'
import {
  type Context,
  compile,
  Module,
  Rng,
  type State,
  states,
  useBackend,
  valueAndGradient,
} from '@winnow/core'
import { afterAll, expect, test } from 'vitest'
import { FiniteScalarQuantizer } from './finite-scalar-quantizer.ts'
import { LookupFreeQuantizer } from './lookup-free-quantizer.ts'
import type { Quantizer } from './quantizer.ts'
import { ResidualQuantizer } from './residual-quantizer.ts'
import { VectorQuantizer } from './vector-quantizer.ts'

afterAll(async () => {
  await useBackend('cpu')
})

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
  // More entries than rows, fewer entries than rows.
  readonly coarse = new FiniteScalarQuantizer({ levels: [2, 2, 3, 1 + 1] })
}

/** Three compiled training steps: all results, gradients in the input, what is decoded and what is remembered. */
async function compute(backend: 'cpu' | 'onnx' | 'wasm'): Promise<number[]> {
  await useBackend(backend)
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
  for (let step = 0; step < 3; step++) {
    const x = new Rng(20 + step).normal([4, 8, 4])
    const results = (await run(x, rng)).flat(2) as tf.Tensor[]
    const kept = [...states(model).values()].map(({ value }) => value)
    for (const tensor of [...results, ...kept]) numbers.push(...(await tensor.data()))
    tf.dispose([results, x])
  }
  expect(run.traces).toBe(backend === 'onnx' ? 1 : 0)
  return numbers
}

test.each(['onnx', 'wasm'] as const)('%s computes what cpu does', async (backend) => {
  const [expected, found] = [await compute('cpu'), await compute(backend)]
  expect(found).toHaveLength(expected.length)
  for (const [i, value] of expected.entries())
    expect(Math.abs(value - found[i]!)).toBeLessThan(2e-5 * Math.max(1, Math.abs(value)))
})
