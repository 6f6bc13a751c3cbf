/**
 * A copy of every parameter and state of a module, to go back to.
 */
import { add, cast, keep, type Tensor, tidy } from '@tensorflow/tfjs-core'
import { type Module, slots } from './module.ts'
import type { Slot } from './slot.ts'

export class Snapshot {
  readonly #values: ReadonlyMap<Slot, Tensor>

  private constructor(values: ReadonlyMap<Slot, Tensor>) {
    this.#values = values
  }

  static of(module: Module): Snapshot {
    const copies = [...slots(module).values()].map(({ slot }) => [slot, copy(slot.value)] as const)
    return new Snapshot(new Map(copies))
  }

  /** Puts every value back. */
  restore(): void {
    for (const [slot, value] of this.#values) slot.assign(copy(value))
  }

  dispose(): void {
    for (const value of this.#values.values()) value.dispose()
  }
}

/** An addition, since `clone` shares memory on some backends and a kernel may update in place. */
export function copy(value: Tensor): Tensor {
  return keep(
    tidy(() =>
      value.dtype === 'bool'
        ? cast(cast(value, 'int32'), 'bool')
        : add(value, cast(0, value.dtype)),
    ),
  )
}
