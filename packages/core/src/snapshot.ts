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

  /** A snapshot of values from elsewhere, which belong to it from here on. */
  static from(values: ReadonlyMap<Slot, Tensor>): Snapshot {
    return new Snapshot(new Map([...values].map(([slot, value]) => [slot, keep(value)])))
  }

  static of(module: Module): Snapshot {
    const copies = [...slots(module).values()].map(({ slot }) => [slot, copy(slot.value)] as const)
    return new Snapshot(new Map(copies))
  }

  /** The copies by path, for a checkpoint. */
  tensors(module: Module): ReadonlyMap<string, Tensor> {
    const named = [...slots(module).values()].map(({ path, slot }) => [
      path,
      this.#values.get(slot),
    ])
    return new Map(named as [string, Tensor][])
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
