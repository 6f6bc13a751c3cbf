/**
 * The optimiser's update in place, on backends that keep tensors on the host: a graph gives the gradients, and one
 * WebAssembly loop changes parameters and moments where they lie. Gradients are written beside them by the graph itself.
 */
import { backend, type Tensor, type TypedArray } from '@tensorflow/tfjs-core'
import { type Module, states } from '../module.ts'
import { Arena, arenaCapacity } from '../optim/arena.ts'
import { type FusedOptimizer, fuse } from '../optim/fuse.ts'
import type { Named, Optimizer } from '../optim/optimizer.ts'
import type { Parameter, Slot } from '../slot.ts'
import { copy } from '../snapshot.ts'

/** What a backend offers that keeps tensors on the host (`@winnow/onnx`). */
interface HostStorage {
  /** The live storage of a tensor; undefined where another tensor shares it. */
  hostValues(dataId: object): TypedArray | undefined
  /** Moves a tensor's values into `storage`, which is its live storage from then on; false where it is shared. */
  placeValues(dataId: object, storage: TypedArray): boolean
}

/** More numbers than a WebAssembly memory of 4 GiB holds, with room for the loops' own. */
const LARGEST_ARENA = 2 ** 30 - 2 ** 20

export interface HostStep {
  /** Updates made before. */
  readonly step: number
  /** The norm of all gradients, if it is known. */
  readonly globalNorm: number | undefined
}

export class HostUpdate {
  readonly #fused: FusedOptimizer
  readonly #parameters: Named<Slot>
  readonly #states: Named<Slot>
  /** Each slot's place in the arena. */
  readonly #places: ReadonlyMap<Slot, Float32Array>
  readonly #gradients: Named<Float32Array>

  private constructor(
    fused: FusedOptimizer,
    parameters: Named<Slot>,
    memory: Named<Slot>,
    arena: Arena,
  ) {
    this.#fused = fused
    this.#parameters = parameters
    this.#states = memory
    const all = [...parameters.values(), ...memory.values()]
    this.#places = new Map(all.map((slot) => [slot, arena.allocate(size(slot))]))
    this.#gradients = new Map(
      [...parameters].map(([path, slot]) => [path, arena.allocate(size(slot))]),
    )
  }

  /** Undefined where the backend computes elsewhere, or the optimiser is not elementwise. */
  static of(
    optimizer: Optimizer,
    parameters: Named<Parameter>,
    memory: Module,
  ): HostUpdate | undefined {
    if (hostStorage() === undefined || parameters.size === 0) return undefined
    const remembered = states(memory)
    const slots = [...parameters.values(), ...remembered.values()]
    const capacity = arenaCapacity([...slots, ...parameters.values()].map(size))
    if (capacity > LARGEST_ARENA || slots.some(({ dtype }) => dtype !== 'float32')) return undefined
    const arena = new Arena(capacity)
    const fused = fuse(optimizer, parameters, { arena })
    return fused && new HostUpdate(fused, parameters, remembered, arena)
  }

  /** Where gradients are read without a copy: beside the parameters. */
  storage(gradients: Named<Tensor>): Map<Tensor, Float32Array> {
    const places = new Map<Tensor, Float32Array>()
    for (const [path, gradient] of gradients) {
      const place = this.#gradients.get(path)
      if (place?.length === gradient.size) places.set(gradient, place)
    }
    return places
  }

  /** Updates parameters and moments by gradients, which stay the caller's. */
  apply(gradients: Named<Tensor>, { step, globalNorm }: HostStep): void {
    const storage = hostStorage() as HostStorage
    const values = (tensor: Tensor): Float32Array =>
      (storage.hostValues(tensor.dataId) ?? tensor.dataSync()) as Float32Array
    this.#fused.step({
      step,
      parameters: this.#placed(this.#parameters, storage),
      states: this.#placed(this.#states, storage),
      gradients: new Map([...gradients].map(([path, gradient]) => [path, values(gradient)])),
      ...(globalNorm === undefined ? {} : { globalNorm }),
    })
  }

  /** Slots may have been given new tensors since the last step: their values move into their place again. */
  #placed(slots: Named<Slot>, storage: HostStorage): Named<Float32Array> {
    const placed = [...slots].map(([path, slot]) => {
      const place = this.#places.get(slot) as Float32Array
      if (storage.hostValues(slot.value.dataId) !== place) {
        if (!storage.placeValues(slot.value.dataId, place)) {
          // Somebody else holds the same data: the slot gets data of its own.
          slot.assign(copy(slot.value))
          storage.placeValues(slot.value.dataId, place)
        }
      }
      return [path, place] as const
    })
    return new Map(placed)
  }
}

function hostStorage(): HostStorage | undefined {
  const candidate = backend() as unknown as Partial<HostStorage>
  return typeof candidate.placeValues === 'function' ? (candidate as HostStorage) : undefined
}

function size({ shape }: Slot): number {
  return shape.reduce((product, length) => product * length, 1)
}
