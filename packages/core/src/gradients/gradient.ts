/** Functional gradients on tfjs's tape: nestable, free of leaks, and cut where no derivative passes. */
import type { Tensor } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import { check } from '../error.ts'
import { zeros } from './helpers.ts'
import { refuseSecondDerivative } from './higher-order.ts'
import { nonDifferentiable } from './non-differentiable.ts'
import { registerGradients } from './register.ts'

/** What {@link valueAndGradient} returns. */
export interface ValueAndGradient<Values extends Record<string, Tensor>> {
  /** The tensors that the function returned, under their names; copies that the caller owns. */
  readonly values: Values
  /** One gradient for each of `xs`, float32 and of its shape. */
  readonly gradients: Tensor[]
}

/**
 * Gradients of a scalar loss, together with the loss and whatever else the function returns.
 *
 * May be nested: inside another gradient the result can be differentiated again (`higherOrder` says when that needs a
 * scope). An `x` that the loss does not depend on gets zeros.
 *
 * @param fn returns a record with the scalar `loss` (float32, shape `[]`) and any further tensors, metrics for example.
 * @param xs float32 tensors or variables.
 * @throws WinnowError if `xs` holds a tensor that is not float32, or if `loss` is not a float32 scalar.
 */
export function valueAndGradient<Values extends { loss: Tensor } & Record<string, Tensor>>(
  fn: () => Values,
  xs: readonly Tensor[],
): ValueAndGradient<Values> {
  xs.forEach((x, i) => {
    check(x.dtype === 'float32', () => `gradient: xs[${i}] is ${x.dtype}, expected float32`)
  })
  registerGradients()
  const { state } = tf.engine()
  const outerKernelDepth = state.kernelDepth
  const kept: Record<string, Tensor> = {}
  const forward = (): Tensor => {
    // Record even inside withoutGradient; the backward pass then runs unrecorded again.
    state.kernelDepth = 0
    try {
      const values = fn()
      checkLoss(values.loss)
      // Copies, kept beyond the tidy that tfjs puts around this function. A value may be somebody else's tensor.
      for (const [name, value] of Object.entries(values)) kept[name] = tf.keep(tf.clone(value))
      return tf.clone(values.loss)
    } finally {
      mendTape()
      state.kernelDepth = outerKernelDepth
    }
  }
  try {
    return tf.tidy(() => {
      const { value, grads } = backward(forward, xs)
      value.dispose()
      const values = Object.fromEntries(
        Object.entries(kept).map(([name, tensor]) => [name, tf.clone(tensor)]),
      )
      return { values: values as Values, gradients: grads }
    }) as ValueAndGradient<Values>
  } finally {
    for (const tensor of Object.values(kept)) tensor.dispose()
  }
}

/**
 * Gradients of a scalar function with respect to `xs`: {@link valueAndGradient} without the values.
 *
 * @param fn returns a float32 scalar.
 * @param xs float32 tensors or variables.
 * @returns one gradient for each of `xs`, of its shape.
 */
export function gradient(fn: () => Tensor, xs: readonly Tensor[]): Tensor[] {
  const { values, gradients } = valueAndGradient(() => ({ loss: fn() }), xs)
  values.loss.dispose()
  return gradients
}

function checkLoss(loss: Tensor): void {
  check(
    loss instanceof tf.Tensor,
    () => `gradient: the function returned ${String(loss)}, expected a tensor as loss`,
  )
  check(
    loss.rank === 0 && loss.dtype === 'float32',
    () =>
      `gradient: the loss is ${loss.dtype} of shape [${loss.shape}], expected a float32 scalar (shape [])`,
  )
}

function backward(
  forward: () => Tensor,
  xs: readonly Tensor[],
): { value: Tensor; grads: Tensor[] } {
  const engine = tf.engine()
  if (xs.length === 0) return { value: tf.tidy(forward), grads: [] }
  try {
    const { value, grads } = engine.gradients(forward, [...xs], undefined, true)
    const seen = new Set<number>()
    const own = (grads as (Tensor | undefined)[]).map((found, i) => {
      const result = found === undefined || found === null ? zeros((xs[i] as Tensor).shape) : found
      if (seen.has(result.id)) return tf.clone(result) // the same x twice
      seen.add(result.id)
      return result
    })
    return { value, grads: own }
  } catch (error) {
    releaseTape()
    throw error
  }
}

type TapeNode = ReturnType<typeof tf.engine>['state']['activeTape'][number]

const zeroKernels: ReadonlySet<string> = new Set(nonDifferentiable)
const mendedUpTo = new WeakMap<object, number>()

/**
 * Prepares what was recorded for the backward pass: cuts off nodes through which no derivative passes (so that no
 * zeros are computed for all that lies behind a mask or an index), and drops absent inputs, on which tfjs would fail.
 */
function mendTape(): void {
  const tape = tf.engine().state.activeTape as TapeNode[] | null
  if (!tape) return
  for (let i = mendedUpTo.get(tape) ?? 0; i < tape.length; i++) mendNode(tape[i] as TapeNode)
  mendedUpTo.set(tape, tape.length)
}

/** tfjs functions with a gradient of their own that saves an output: right once, silently wrong twice. */
const onceOnly: Readonly<Record<string, string>> = {
  logSoftmax__op: 'tf.logSoftmax (use logSoftmax of @winnow/core)',
  softmaxCrossEntropy__op: 'tf.losses.softmaxCrossEntropy (use logSoftmax of @winnow/core)',
}

function mendNode(node: TapeNode): void {
  if (zeroKernels.has(node.kernelName) || node.outputs.every((output) => isDiscrete(output))) {
    node.inputs = {}
    return
  }
  const inputs = node.inputs as Record<string, Tensor | undefined>
  const names = Object.keys(inputs)
  if (names.some((name) => inputs[name] === undefined)) {
    node.inputs = Object.fromEntries(
      names.flatMap((name) => (inputs[name] ? [[name, inputs[name]]] : [])),
    )
  }
  const { gradient: own } = node
  const once = onceOnly[node.kernelName]
  if (once !== undefined && own !== undefined) {
    node.gradient = (gradients) => {
      refuseSecondDerivative(once)
      return own(gradients)
    }
  }
}

function isDiscrete(x: Tensor): boolean {
  return x.dtype === 'int32' || x.dtype === 'bool' || x.dtype === 'string'
}

/** After an error: tfjs would never dispose of what the outermost tape has saved. */
function releaseTape(): void {
  const { state } = tf.engine()
  if (state.gradientDepth > 0 || !state.activeTape) return
  for (const node of state.activeTape) for (const tensor of node.saved ?? []) tensor.dispose()
  state.activeTape = null as unknown as TapeNode[]
}
