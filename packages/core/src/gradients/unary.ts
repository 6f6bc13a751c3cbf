/** Gradients of elementwise functions of one tensor: dx = dy · f'(x), or from the output where that is cheaper. */
import type { ClipByValueAttrs, NamedAttrMap, Tensor } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import type { KernelGradient } from './definition.ts'
import { defineGradient } from './definition.ts'
import { copy, keepWhere } from './helpers.ts'
import { refuseSecondDerivative } from './higher-order.ts'

type Derivative = (dy: Tensor, value: Tensor, attributes: NamedAttrMap) => Tensor

/** A gradient written in the input. */
export function fromInput(kernel: string, derivative: Derivative): KernelGradient {
  return defineGradient(kernel, {
    save: ['x'],
    backward: (dy, { x }, { attributes }) => ({ x: () => derivative(dy, x, attributes) }),
  })
}

/**
 * A gradient written in the output, which is cheap; where it must be differentiable, the input is saved and the output
 * computed again by `recompute`.
 */
export function fromOutput<Input extends string = 'x'>(
  kernel: string,
  derivative: Derivative,
  recompute: (x: Tensor, attributes: NamedAttrMap) => Tensor,
  input: Input = 'x' as Input,
): KernelGradient {
  return defineGradient<Input>(
    kernel,
    {
      output: 0,
      backward: (dy, { output }, { attributes }) => {
        refuseSecondDerivative(kernel)
        return { [input]: () => derivative(dy, output, attributes) }
      },
    },
    {
      save: [input],
      backward: (dy, saved, { attributes }) => ({
        [input]: () => derivative(dy, recompute(saved[input], attributes), attributes),
      }),
    },
  )
}

const twoOverRootPi = 2 / Math.sqrt(Math.PI)
const one = (x: Tensor, sign: 1 | -1): Tensor =>
  tf.add(sign === 1 ? tf.square(x) : tf.neg(tf.square(x)), 1)

/** Gradients of the elementary functions. */
export const unary: readonly KernelGradient[] = [
  defineGradient('Neg', { backward: (dy) => ({ x: () => tf.neg(dy) }) }),
  defineGradient('Identity', { backward: (dy) => ({ x: () => copy(dy) }) }),
  defineGradient('Cast', {
    backward: (dy) => ({ x: () => (dy.dtype === 'float32' ? copy(dy) : tf.cast(dy, 'float32')) }),
  }),
  fromInput('Abs', (dy, x) => tf.mul(dy, tf.sign(x))),
  fromInput('Square', (dy, x) => tf.mul(dy, tf.mul(x, 2))),
  fromOutput('Sqrt', (dy, y) => tf.div(dy, tf.mul(y, 2)), tf.sqrt),
  fromOutput('Rsqrt', (dy, y) => tf.mul(dy, tf.mul(tf.square(y), tf.mul(y, -0.5))), tf.rsqrt),
  fromOutput('Reciprocal', (dy, y) => tf.neg(tf.mul(dy, tf.square(y))), tf.reciprocal),
  fromOutput('Exp', (dy, y) => tf.mul(dy, y), tf.exp),
  fromOutput('Expm1', (dy, y) => tf.mul(dy, tf.add(y, 1)), tf.expm1),
  fromInput('Log', (dy, x) => tf.div(dy, x)),
  fromInput('Log1p', (dy, x) => tf.div(dy, tf.add(x, 1))),
  fromInput('Sin', (dy, x) => tf.mul(dy, tf.cos(x))),
  fromInput('Cos', (dy, x) => tf.neg(tf.mul(dy, tf.sin(x)))),
  fromOutput('Tan', (dy, y) => tf.mul(dy, one(y, 1)), tf.tan),
  fromInput('Asin', (dy, x) => tf.mul(dy, tf.rsqrt(one(x, -1)))),
  fromInput('Acos', (dy, x) => tf.neg(tf.mul(dy, tf.rsqrt(one(x, -1))))),
  fromInput('Atan', (dy, x) => tf.div(dy, one(x, 1))),
  fromInput('Sinh', (dy, x) => tf.mul(dy, tf.cosh(x))),
  fromInput('Cosh', (dy, x) => tf.mul(dy, tf.sinh(x))),
  fromInput('Asinh', (dy, x) => tf.mul(dy, tf.rsqrt(one(x, 1)))),
  fromInput('Acosh', (dy, x) => tf.mul(dy, tf.rsqrt(tf.sub(tf.square(x), 1)))),
  fromInput('Atanh', (dy, x) => tf.div(dy, one(x, -1))),
  fromInput('Erf', (dy, x) => tf.mul(dy, tf.mul(tf.exp(tf.neg(tf.square(x))), twoOverRootPi))),
  fromInput('ClipByValue', (dy, x, attributes) => {
    const { clipValueMin, clipValueMax } = attributes as unknown as ClipByValueAttrs
    const inside = tf.logicalAnd(tf.greaterEqual(x, clipValueMin), tf.lessEqual(x, clipValueMax))
    return keepWhere(inside, dy)
  }),
]
