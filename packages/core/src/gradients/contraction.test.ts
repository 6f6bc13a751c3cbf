import '@tensorflow/tfjs-backend-cpu'
import type { Tensor } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { checkGradient } from '../testing/check-gradient.ts'
import { seededTensor } from '../testing/seeded-tensor.ts'
import { einsum } from './contraction.ts'

/** The sum of products, index by index. */
function reference(equation: string, tensors: readonly Tensor[]): number[] {
  const [left = '', result = ''] = equation.split('->')
  const terms = left.split(',')
  const letters = [...new Set([...result, ...left.replaceAll(',', '')])]
  const extents = letters.map((letter) => {
    const i = terms.findIndex((term) => term.includes(letter))
    return (tensors[i] as Tensor).shape[(terms[i] as string).indexOf(letter)] as number
  })
  const values = tensors.map((t) => t.dataSync())
  const place = (term: string, index: number[]): number =>
    [...term].reduce(
      (at, letter) =>
        at * (extents[letters.indexOf(letter)] as number) +
        (index[letters.indexOf(letter)] as number),
      0,
    )
  const total = extents.reduce((a, b) => a * b, 1)
  const sums: number[] = []
  for (let n = 0; n < total; n++) {
    let rest = n
    const index = extents.map(() => 0)
    for (let k = extents.length - 1; k >= 0; k--) {
      index[k] = rest % (extents[k] as number)
      rest = Math.floor(rest / (extents[k] as number))
    }
    const product = terms.reduce((p, term, i) => p * (values[i]?.[place(term, index)] as number), 1)
    sums[place(result, index)] = (sums[place(result, index)] ?? 0) + product
  }
  return sums
}

test.each([
  [
    'ij,jk->ik',
    [
      [2, 3],
      [3, 2],
    ],
  ],
  [
    'bqd,bkd->bqk',
    [
      [2, 2, 3],
      [2, 3, 3],
    ],
  ],
  [
    'bhqd,bhkd->bhqk',
    [
      [1, 2, 2, 3],
      [1, 2, 2, 3],
    ],
  ],
  [
    'bti,io->bto',
    [
      [2, 2, 3],
      [3, 2],
    ],
  ],
  [
    'bto,bti->io',
    [
      [2, 2, 3],
      [2, 2, 2],
    ],
  ],
  [
    'ij,kj->',
    [
      [2, 3],
      [2, 3],
    ],
  ],
  [
    'ij,kj->k',
    [
      [2, 3],
      [2, 3],
    ],
  ],
  [
    'ij,ij->',
    [
      [2, 3],
      [2, 3],
    ],
  ],
  ['ij->', [[2, 3]]],
  ['ijk->ki', [[2, 3, 2]]],
  ['i,j->ji', [[2], [3]]],
  [
    'ij,jk,kl->il',
    [
      [2, 2],
      [2, 3],
      [3, 2],
    ],
  ],
])('einsum %s: values, and derivatives to second order', (equation, shapes) => {
  const tensors = shapes.map((shape, i) => seededTensor(shape, { seed: i + 1 }))
  const found = Array.from(einsum(equation, ...tensors).dataSync())
  const expected = reference(equation, tensors)
  expect(found).toHaveLength(expected.length)
  found.forEach((value, i) => {
    expect(value).toBeCloseTo(expected[i] as number, 5)
  })
  checkGradient((...xs) => tf.square(einsum(equation, ...xs)), tensors, {
    order: 2,
    tolerance: 2e-3,
  })
})

test('says what does not fit', () => {
  const x = seededTensor([2, 3])
  expect(() => einsum('ij', x)).toThrow(/expected exactly one '->'/)
  expect(() => einsum('ij,jk->ik', x)).toThrow(/2 operands, but 1 tensors/)
  expect(() => einsum('ii->i', x)).toThrow(/distinct letter/)
  expect(() => einsum('ij,ik->jk', x, seededTensor([3, 2]))).toThrow(/'i' is 2 and 3/)
  expect(() => einsum('ij->ik', x)).toThrow(/result 'ik'/)
})
