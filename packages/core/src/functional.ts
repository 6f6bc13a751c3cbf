/**
 * Modules as functions of their parameters: run one with other values, average one over time.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { add, mul, scalar, sub, tidy } from '@tensorflow/tfjs-core'
import { captureScope } from './capture.ts'
import { check, unknownName } from './error.ts'
import { type Module, parameters, slots, states } from './module.ts'
import type { Slot } from './slot.ts'
import { copy } from './snapshot.ts'

/**
 * Runs `fn` with other values in place of the module's own, by path: for meta-learning, hypernetworks and
 * derivatives with respect to parameters. What is not named keeps its value.
 *
 * @throws WinnowError for an unknown path or a value of another shape
 */
export function functionalCall<T>(
  module: Module,
  values: ReadonlyMap<string, Tensor> | Readonly<Record<string, Tensor>>,
  fn: () => T,
): T {
  const named = slots(module)
  const byPath = new Map<string, Slot>()
  for (const { path, aliases, slot } of named.values()) {
    for (const name of [path, ...aliases]) byPath.set(name, slot)
  }
  const entries = values instanceof Map ? [...values] : Object.entries(values)
  return entries.reduceRight<() => T>((run, [path, value]) => {
    const slot = byPath.get(path)
    if (slot === undefined) throw unknownName('functionalCall: values', path, byPath.keys())
    check(
      value.shape.join() === slot.shape.join(),
      () =>
        `functionalCall: ${path} has shape [${slot.shape}], a value of shape [${value.shape}] came`,
    )
    return () => slot.with(value, run)
  }, fn)()
}

/** Copies every parameter and state of `from` into `to`, a module of the same structure. */
export function copyInto(from: Module, to: Module): void {
  const targets = slots(to)
  for (const { path, slot } of slots(from).values()) {
    const target = targets.get(path)?.slot
    check(target !== undefined, () => `copyInto: the target has no ${path}`)
    target.assign(copy(slot.value))
  }
}

/** How {@link ema} follows: the share of the old value that is kept at each update, in [0, 1). */
export interface EmaOptions {
  readonly decay: number | Tensor
}

/**
 * A teacher by exponential moving average: `teacher = decay * teacher + (1 - decay) * student`, parameter by parameter;
 * States are copied. Call it in `afterUpdate`. The teacher is the same class as its student, made with `new` and `copyInto`.
 */
export function ema(teacher: Module, student: Module, options: EmaOptions): void {
  const { decay } = options
  check(
    typeof decay !== 'number' || (decay >= 0 && decay < 1),
    () => `ema: decay ${decay} came, expected a number in [0, 1)`,
  )
  const sources = parameters(student)
  for (const [path, target] of parameters(teacher)) {
    const source = sources.get(path)
    check(source !== undefined, () => `ema: the student has no parameter ${path}`)
    const follow = (): Tensor => {
      const keepShare = typeof decay === 'number' ? scalar(decay) : decay
      return add(source.value, mul(keepShare, sub(target.value, source.value)))
    }
    target.assign(captureScope() === undefined ? tidy(follow) : follow())
  }
  const remembered = states(student)
  for (const [path, target] of states(teacher)) {
    const source = remembered.get(path)
    if (source !== undefined) target.assign(source.value.clone())
  }
}
