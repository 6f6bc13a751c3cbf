/**
 * Gradients of matrix products. Transposes are passed to the kernel as flags, never carried out.
 *
 * For C = A B: dA = dC Bᵀ, dB = Aᵀ dC, summed over the batch axes that were broadcast.
 */
import type { BatchMatMulAttrs, EinsumAttrs, Tensor } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import { contract } from './contraction.ts'
import type { KernelGradient } from './definition.ts'
import { defineGradient } from './definition.ts'
import { broadcast, reduceTo, sameShape, sizeOf } from './helpers.ts'

/** Gradients of BatchMatMul and Einsum. */
export const linearAlgebra: readonly KernelGradient[] = [
  defineGradient('BatchMatMul', {
    save: ['a', 'b'],
    backward: (dy, { a, b }, { attributes }) => {
      const { transposeA, transposeB } = attributes as unknown as BatchMatMulAttrs
      return {
        a: () => leftGradient(dy, a, b, transposeA, transposeB),
        b: () => rightGradient(dy, a, b, transposeA, transposeB),
      }
    },
  }),
  defineGradient('Einsum', {
    save: 'all',
    backward: (dy, saved: Record<string, Tensor>, { attributes, names }) => {
      const { equation } = attributes as unknown as EinsumAttrs
      const operands = names.map((name) => saved[name] as Tensor)
      return Object.fromEntries(
        names.map((name, i) => [name, () => einsumGradient(dy, operands, equation, i)]),
      )
    },
  }),
]

function leftGradient(
  dy: Tensor,
  a: Tensor,
  b: Tensor,
  transposeA: boolean,
  transposeB: boolean,
): Tensor {
  if (transposeA) return reduceTo(tf.matMul(b, dy, transposeB, true), a.shape)
  if (isSharedByBatch(a, b)) {
    const rows = tf.matMul(asRows(dy), asMatrix(b), false, !transposeB)
    return tf.reshape(rows, a.shape)
  }
  return reduceTo(tf.matMul(dy, b, false, !transposeB), a.shape)
}

function rightGradient(
  dy: Tensor,
  a: Tensor,
  b: Tensor,
  transposeA: boolean,
  transposeB: boolean,
): Tensor {
  if (!transposeA && isSharedByBatch(a, b)) {
    // One product over all rows, instead of one for each batch entry and a sum.
    const [left, right] = transposeB ? [dy, a] : [a, dy]
    return tf.reshape(tf.matMul(asRows(left), asRows(right), true, false), b.shape)
  }
  const product = transposeB
    ? tf.matMul(dy, a, true, transposeA)
    : tf.matMul(a, dy, !transposeA, false)
  return reduceTo(product, b.shape)
}

/** A batch of matrices times one matrix: the product of a linear layer on `[batch, tokens, dim]`. */
function isSharedByBatch(a: Tensor, b: Tensor): boolean {
  return a.rank > 2 && b.rank <= a.rank && sizeOf(b.shape.slice(0, -2)) === 1
}

function asRows(x: Tensor): Tensor {
  return tf.reshape(x, [sizeOf(x.shape.slice(0, -1)), x.shape[x.rank - 1] as number])
}

function asMatrix(x: Tensor): Tensor {
  return tf.reshape(x, x.shape.slice(-2))
}

/** d(operand) = dy times all others, then repeated along the axes that only this operand had. */
function einsumGradient(
  dy: Tensor,
  operands: readonly Tensor[],
  equation: string,
  index: number,
): Tensor {
  const [left = '', result = ''] = equation.replace(/\s/g, '').split('->')
  const terms = left.split(',')
  const target = terms[index] as string
  const others = terms.filter((_, i) => i !== index)
  const shared = [...target]
    .filter((letter) => (others.join('') + result).includes(letter))
    .join('')
  const rest = operands.filter((_, i) => i !== index)
  const product = contract([result, ...others], [dy, ...rest], shared)
  const { shape } = operands[index] as Tensor
  if (sameShape(product.shape, shape)) return product
  const kept = [...target].map((letter, i) => (shared.includes(letter) ? (shape[i] as number) : 1))
  return broadcast(tf.reshape(product, kept), shape)
}
