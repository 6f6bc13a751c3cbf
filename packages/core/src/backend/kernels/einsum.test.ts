import type { Tensor } from '@tensorflow/tfjs-core'
import { einsum, setBackend } from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-backend-wasm'
import { beforeAll, expect, test } from 'vitest'
import { WinnowError } from '../../error.ts'
import { cpuReplacements } from './cpu.ts'
import type { Result } from './testing.ts'
import { difference, runOn, runStock, Samples } from './testing.ts'
import { wasmReplacements } from './wasm.ts'

beforeAll(async () => {
  await setBackend('cpu')
})

const lengths: Readonly<Record<string, number>> = { b: 2, h: 3, i: 4, j: 5, k: 6, d: 3, e: 2 }

const contraction = (equation: string) => (): Tensor => {
  const samples = new Samples(7)
  return einsum(equation, ...termsOf(equation).map((term) => samples.uniform(shapeOf(term))))
}

const termsOf = (equation: string): string[] => (equation.split('->')[0] as string).split(',')
const shapeOf = (term: string): number[] => [...term].map((label) => lengths[label] as number)

/** The sum over all labels, one product after another. */
function reference(equation: string): Result {
  const samples = new Samples(7)
  const terms = termsOf(equation)
  const output = equation.split('->')[1] as string
  const operands = terms.map((term) => samples.uniform(shapeOf(term)))
  const values = operands.map((operand) => operand.dataSync())
  for (const operand of operands) operand.dispose()
  const labels = [...new Set(terms.join(''))]
  const place: Record<string, number> = {}
  const offset = (term: string): number =>
    [...term].reduce((at, label) => at * (lengths[label] as number) + (place[label] as number), 0)
  const sums = new Float64Array(shapeOf(output).reduce((size, length) => size * length, 1))
  const visit = (depth: number): void => {
    const label = labels[depth]
    if (label === undefined) {
      sums[offset(output)]! += terms.reduce(
        (product, term, i) => product * ((values[i] as Float32Array)[offset(term)] as number),
        1,
      )
      return
    }
    for (let i = 0; i < (lengths[label] as number); i++) {
      place[label] = i
      visit(depth + 1)
    }
  }
  visit(0)
  return { shape: shapeOf(output), dtype: 'float32', values: Float32Array.from(sums) }
}

test.each([
  'ij,jk->ik',
  'ij,jk->ki',
  'ij,kj->ik',
  'bij,bjk->bik',
  'bhid,bhjd->bhij',
  'bhij,bhjd->bihd',
  'ij->ji',
  'ij->i',
  'ij->',
  'i,i->',
  'i,j->ij',
  'ij,ij->ij',
  'bij,jk->bk',
  'ij,jk,kd->id',
  'bi,ij,bj->b',
])('%s is the sum of products, on both backends', async (equation) => {
  const compute = contraction(equation)
  const expected = reference(equation)
  expect(difference(await runOn('wasm', compute), expected)).toBeLessThan(1e-5)
  expect(difference(await runOn('cpu', compute), expected)).toBeLessThan(1e-5)
})

const einsumOfWasm = wasmReplacements.filter(({ kernelName }) => kernelName === 'Einsum')

test('is needed: wasm registers no such kernel', async () => {
  const attempt = runStock('wasm', einsumOfWasm, contraction('ij,jk->ik'))
  await expect(attempt).rejects.toThrow(/not registered/)
})

test('is needed: the stock kernel of cpu cannot do every product of two', async () => {
  const stock = runStock('cpu', cpuReplacements, contraction('bij,jk->bk'))
  await expect(stock).rejects.toThrow(/broadcast/)
})

test.each<[string, number[][], string]>([
  [
    'ij,jk->ik',
    [
      [2, 3],
      [4, 2],
    ],
    "has axes 'j' of lengths 3 and 4",
  ],
  ['ij->k', [[2, 3]], "has 'k' in the output only"],
  ['ii->i', [[2, 2]], "repeats an axis in 'ii'"],
  ['ij,jk->ik', [[2, 3]], 'has 2 operands, but 1 tensors came'],
  ['ijk->i', [[2, 3]], "has 'ijk' for an operand of shape [2,3]"],
  ['ij', [[2, 3]], "is not letters, ',' and one '->'"],
])('%s of shapes %j is an error', async (equation, shapes, message) => {
  const compute = (): Tensor =>
    einsum(equation, ...shapes.map((shape) => new Samples(1).uniform(shape)))
  const attempt = runOn('wasm', compute)
  await expect(attempt).rejects.toThrow(WinnowError)
  await expect(attempt).rejects.toThrow(message)
})
