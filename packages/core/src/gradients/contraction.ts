/**
 * Einstein summation by matrix products: transpose, one batched product, transpose back.
 *
 * tfjs's own einsum multiplies everything out before it sums, exists on some backends only, and gives wrong results
 * where an index is summed that only one of two operands has.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import { check } from '../error.ts'
import { copy, sizeOf } from './helpers.ts'

/**
 * Sum of products over all letters that are missing from the result, e.g. `'bqd,bkd->bqk'`. Differentiable to every
 * order, on every backend.
 *
 * @param equation lower-case letters for axes, `,` between operands, `->` before the result. A letter occurs at most
 * once in an operand.
 * @param tensors one float32 tensor for each operand.
 * @throws WinnowError if the equation does not fit the tensors.
 */
export function einsum(equation: string, ...tensors: readonly Tensor[]): Tensor {
  const [left = '', result, ...more] = equation.replace(/\s/g, '').split('->')
  const terms = left.split(',')
  check(
    result !== undefined && more.length === 0,
    () => `einsum: equation '${equation}', expected exactly one '->'`,
  )
  check(
    terms.length === tensors.length,
    () =>
      `einsum: equation '${equation}' has ${terms.length} operands, but ${tensors.length} tensors came`,
  )
  const extents = new Map<string, number>()
  terms.forEach((term, i) => {
    const { shape } = tensors[i] as Tensor
    check(
      term.length === shape.length && new Set(term).size === term.length,
      () =>
        `einsum: operand ${i} is '${term}' of shape [${shape}], expected one distinct letter for each axis`,
    )
    ;[...term].forEach((letter, axis) => {
      const known = extents.get(letter) ?? shape[axis]
      check(
        known === shape[axis],
        () => `einsum: '${letter}' is ${known} and ${shape[axis]} in '${equation}'`,
      )
      extents.set(letter, shape[axis] as number)
    })
  })
  check(
    new Set(result).size === result.length && [...result].every((letter) => extents.has(letter)),
    () =>
      `einsum: result '${result}' in '${equation}', expected distinct letters that operands have`,
  )
  return tf.tidy(() => contract(terms, tensors, result))
}

/** {@link einsum} without checks: operands `terms` contracted to the letters and order of `result`. */
export function contract(
  terms: readonly string[],
  tensors: readonly Tensor[],
  result: string,
): Tensor {
  let term = terms[0] as string
  let total = tensors[0] as Tensor
  for (let i = 1; i < terms.length; i++) {
    const wanted = terms.slice(i + 1).join('') + result
    ;[term, total] = multiply([term, total], [terms[i] as string, tensors[i] as Tensor], wanted)
  }
  ;[term, total] = sumOut([term, total], result)
  return arrange(total, term, result)
}

type Labelled = readonly [term: string, tensor: Tensor]

/** The product of two operands, summed over what neither the rest nor the result wants. */
function multiply(a: Labelled, b: Labelled, wanted: string): [string, Tensor] {
  const [termA, tensorA] = sumOut(a, b[0] + wanted)
  const [termB, tensorB] = sumOut(b, a[0] + wanted)
  const both = [...termA].filter((letter) => termB.includes(letter))
  const batch = both.filter((letter) => wanted.includes(letter)).join('')
  const summed = both.filter((letter) => !wanted.includes(letter)).join('')
  const freeA = [...termA].filter((letter) => !termB.includes(letter)).join('')
  const freeB = [...termB].filter((letter) => !termA.includes(letter)).join('')
  const extent = (letters: string): number[] =>
    [...letters].map((letter) =>
      termA.includes(letter)
        ? (tensorA.shape[termA.indexOf(letter)] as number)
        : (tensorB.shape[termB.indexOf(letter)] as number),
    )
  const [entries, rows, columns, inner] = [batch, freeA, freeB, summed].map((letters) =>
    sizeOf(extent(letters)),
  ) as [number, number, number, number]
  const left = tf.reshape(arrange(tensorA, termA, batch + freeA + summed), [entries, rows, inner])
  const right = tf.reshape(arrange(tensorB, termB, batch + summed + freeB), [
    entries,
    inner,
    columns,
  ])
  const term = batch + freeA + freeB
  return [term, tf.reshape(tf.matMul(left, right), extent(term))]
}

function sumOut([term, tensor]: Labelled, wanted: string): [string, Tensor] {
  const axes = [...term].flatMap((letter, axis) => (wanted.includes(letter) ? [] : [axis]))
  if (axes.length === 0) return [term, tensor]
  return [[...term].filter((letter) => wanted.includes(letter)).join(''), tf.sum(tensor, axes)]
}

/** Transposes from the letter order `from` to the order `to`. Always a new tensor. */
function arrange(tensor: Tensor, from: string, to: string): Tensor {
  if (from === to) return copy(tensor)
  return tf.transpose(
    tensor,
    [...to].map((letter) => from.indexOf(letter)),
  )
}
