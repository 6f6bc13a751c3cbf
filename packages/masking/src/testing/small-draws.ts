/**
 * What every backend must agree on: draws of each strategy from one seed, tokens kept and restored, and a gradient.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { dispose, mul, square, sum, tensor } from '@tensorflow/tfjs-core'
import { compile, gradient, Rng } from '@winnow/core'
import { type MaskDescription, maskStrategy } from '../define.ts'
import type { Mask } from '../mask.ts'
import { sampleWithoutReplacement } from '../sample.ts'
import { keepTokens, restoreTokens } from '../tokens.ts'

const specs = [
  { kind: 'random', ratio: 0.75 },
  { kind: 'random', ratio: 0 },
  { kind: 'block', ratio: 0.5, least: 4 },
  { kind: 'grid', stride: [2, 1, 2], shift: 'random' },
  { kind: 'tube', ratio: 0.5 },
  { kind: 'wholeWord', ratio: 0.4 },
] satisfies MaskDescription[]

const grids: Record<string, number[]> = { block: [4, 4], wholeWord: [16] }

const words = [
  [-1, 0, 0, 1, 2, 2, 2, 3, 4, 4, 5, 5, 5, 5, 6, -1],
  [-1, 0, 1, 1, 2, 2, 3, 3, 3, -1, -2, -2, -2, -2, -2, -2],
  [0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, -1],
]

type Values = Readonly<Record<string, number[]>>

/**
 * Two calls of a compiled function for each strategy: masks, tokens, gradients and samples by name.
 *
 * @param compiled false runs the same eagerly
 */
export async function smallDraws(compiled: boolean): Promise<Values> {
  const values: Record<string, number[]> = {}
  for (const [i, spec] of specs.entries()) {
    const strategy = maskStrategy(spec)
    const step = (x: Tensor, ids: Tensor, rng: Rng): Record<string, Tensor> => {
      const mask: Mask = strategy.draw(grids[spec.kind] ?? [2, 2, 4], 3, rng, { words: ids })
      const loss = (tokens: Tensor): Tensor => {
        const restored = restoreTokens(square(keepTokens(tokens, mask)), tensor([0.5, -1]), mask)
        return sum(mul(restored, restored))
      }
      const [slope] = gradient(() => loss(x), [x])
      const { order, restore } = mask
      const kept = keepTokens(x, mask)
      const sampled = sampleWithoutReplacement(square(kept), 1, rng)
      return { order, restore, kept, slope: slope as Tensor, sampled }
    }
    const call = compiled
      ? compile(step)
      : async (x: Tensor, ids: Tensor, rng: Rng) => step(x, ids, rng.split())
    const x = tensor(new Rng(i).normalValues(96), [3, 16, 2])
    const ids = tensor(words, [3, 16], 'int32')
    const rng = new Rng(20 + i)
    for (const time of ['first', 'second']) {
      const result = await call(x, ids, rng)
      for (const [name, found] of Object.entries(result)) {
        values[`${i} ${spec.kind} ${time} ${name}`] = [...(await found.data())]
      }
      dispose(result)
    }
    dispose([x, ids])
    if (compiled) (call as unknown as Disposable)[Symbol.dispose]()
  }
  return values
}

/** The names whose values differ by more than rounding. */
export function disagreements(a: Values, b: Values): string[] {
  return Object.keys({ ...a, ...b }).filter((name) => {
    const [left, right] = [a[name] ?? [], b[name] ?? []]
    return (
      left.length !== right.length ||
      left.some(
        (value, i) => !(Math.abs(value - (right[i] ?? Number.NaN)) <= 1e-5 * (1 + Math.abs(value))),
      )
    )
  })
}
