/**
 * A backend driver: how one backend is started. Each is an optional package, loaded by name when it is asked for.
 */

export interface BackendOptions {
  /** Forces one backend: an error where it does not start. */
  readonly name?: string
  /** Accept WebGPU adapters that run on the CPU, for tests: 10 to 100 times slower than `wasm`. Default false. */
  readonly software?: boolean
  /** The names to try, in this order. */
  readonly order?: readonly string[]
  /** The folder of the `.wasm` files, ending in `/`, or the address of each: needed in most browser bundles. */
  readonly wasmPaths?: string | Readonly<Record<string, string>>
}

export interface StartedBackend {
  /** What computes, in words: `NVIDIA H100 (vulkan)`, `SIMD, 1 thread`. */
  readonly device: string
}

export interface BackendDriver {
  /** The name in `useBackend(name)`. */
  readonly name: string
  /** Loads, registers and activates the backend. Throws with the reason where that fails. */
  start(options: BackendOptions): Promise<StartedBackend>
}

/** True in Node, false in browsers. */
export function runsInNode(): boolean {
  return typeof process !== 'undefined' && typeof process.versions?.node === 'string'
}
