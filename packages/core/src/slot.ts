/**
 * A slot: a place of a module that holds one tensor. Parameters are trained, States are remembered without gradient.
 *
 * Inside a compiled function a slot is read again at every call, and what is assigned to it is committed after the run.
 */
import type { DataType, Tensor } from '@tensorflow/tfjs-core'
import { keep } from '@tensorflow/tfjs-core'
import { claimSlot } from './build-scope.ts'
import { captureScope } from './capture.ts'
import { check } from './error.ts'

/** What {@link Parameter} and {@link State} share. */
export abstract class Slot {
  readonly shape: readonly number[]
  readonly dtype: DataType
  #value: Tensor
  #override: Tensor | undefined

  /** @param value the first value; the slot owns it from here on */
  constructor(value: Tensor) {
    claimSlot(value)
    this.#value = keep(value)
    this.shape = value.shape
    this.dtype = value.dtype
  }

  /** The current tensor. It belongs to the slot: do not dispose it, and do not keep it across an update. */
  get value(): Tensor {
    if (this.#override !== undefined) return this.#override
    return captureScope()?.read(this, this.#value) ?? this.#value
  }

  /**
   * Puts a new tensor in the slot, which owns it from here on; the one before is disposed.
   * Inside a compiled function the change shows at once there and is committed after the run.
   *
   * @throws WinnowError when shape or dtype differ from the slot's
   */
  assign(value: Tensor): void {
    check(
      value.dtype === this.dtype && sameShape(value.shape, this.shape),
      () =>
        `assign: a ${value.dtype} tensor of shape [${value.shape}] came, the slot holds ${this.dtype} [${this.shape}]`,
    )
    const scope = captureScope()
    if (scope !== undefined) {
      scope.write(this, value)
    } else if (value !== this.#value) {
      this.#value.dispose()
      this.#value = keep(value)
    }
  }

  /** Runs `fn` with another tensor in place of the slot's own: see {@link functionalCall}. */
  with<T>(value: Tensor, fn: () => T): T {
    const outer = this.#override
    this.#override = value
    try {
      return fn()
    } finally {
      this.#override = outer
    }
  }

  /** Disposes the tensor. The slot cannot be read afterwards. */
  dispose(): void {
    this.#value.dispose()
  }
}

/** A tensor that training changes by its gradient. */
export class Parameter extends Slot {
  readonly kind = 'parameter'
}

/** A tensor that is remembered without gradient: averages, counters, centroids, an optimiser's moments. */
export class State extends Slot {
  readonly kind = 'state'
}

function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis])
}
