/**
 * The small runs that every backend must agree on: pre-training with all parts and fine-tuning, from one seed.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { dispose, tensor } from '@tensorflow/tfjs-core'
import { adamW, type Batches, fit, Rng, slots, type Trainable } from '@winnow/core'
import { pairDataset } from '../finetune/pairs.ts'
import { Retriever } from '../finetune/retriever.ts'
import { dupMae } from '../pretrain/choices.ts'
import { encodePassages, passageArrays } from '../pretrain/passages.ts'
import { smallEncoder, smallTexts, smallTokenizer } from './small.ts'

/** Numbers by name: losses of the steps, the parameters at the end, vectors of passages. */
export type SmallRun = ReadonlyMap<string, ArrayLike<number>>

const encoder = { ...smallEncoder, tokens: 20, depth: 1 }
const STEPS = 4

/** A few updates of DupMAE, then of a hybrid retriever, then its vectors. */
export async function smallRun(): Promise<SmallRun> {
  const found = new Map<string, ArrayLike<number>>()
  const passages = encodePassages(smallTokenizer, smallTexts, { tokens: 20 })
  using model = dupMae({ encoder }, new Rng(1))
  await train('pretraining', model, model.batches(passages.batch(4)), found)
  using retriever = new Retriever(
    { encoder, embedding: { kind: 'hybrid', dense: 8, lexicalTopN: 12 } },
    new Rng(2),
  )
  const texts = (tokens: number) => passageArrays(smallTokenizer, smallTexts, { tokens }).ids
  const pairs = [0, 1, 2, 3].map((i): [number, number] => [i, i])
  const data = pairDataset({ queries: texts(10), documents: texts(20), pairs })
  await train('tuning', retriever, data.batch(4), found)
  const { data: ids, shape } = texts(20)
  const x = tensor(ids, [...shape], 'int32')
  const { dense, lexical } = retriever.represent(x)
  found.set('dense', await (dense as Tensor).data())
  found.set('lexical', await (lexical as Tensor).data())
  dispose([x, dense, lexical] as Tensor[])
  return found
}

async function train(
  name: string,
  model: RetrieverOrPretraining,
  data: Batches,
  found: Map<string, ArrayLike<number>>,
): Promise<void> {
  const { history } = await fit(model as unknown as Trainable, data, {
    steps: STEPS,
    epochs: STEPS,
    seed: 3,
    // A gradient that is nothing but rounding must not become a whole step.
    optimizer: adamW({ learningRate: 2e-3, epsilon: 1e-3 }),
  })
  found.set(
    `${name}: losses`,
    history.steps.map(({ metrics }) => metrics['loss'] ?? Number.NaN),
  )
  for (const { path, slot } of slots(model).values()) {
    found.set(`${name}: ${path}`, await slot.value.data())
  }
}

type RetrieverOrPretraining = Retriever | ReturnType<typeof dupMae>

/** The largest difference, relative to the largest value of each list of numbers. */
export function largestDifference(a: SmallRun, b: SmallRun): number {
  return Math.max(
    ...[...a].map(([name, left]) => {
      const right = b.get(name) ?? []
      if (left.length !== right.length) return Number.POSITIVE_INFINITY
      let [difference, scale] = [0, 1e-2]
      for (let i = 0; i < left.length; i++) {
        difference = Math.max(difference, Math.abs((left[i] as number) - (right[i] as number)))
        scale = Math.max(scale, Math.abs(left[i] as number))
      }
      return Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference / scale
    }),
  )
}
