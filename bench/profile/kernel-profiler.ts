/**
 * Where an eager step goes, by tfjs kernel: every kernel of the active backend is wrapped while a profile is taken.
 * A kernel that calls others is charged only for what it does itself.
 */
import {
  getBackend,
  getKernelsForBackend,
  type KernelConfig,
  registerKernel,
  unregisterKernel,
} from '@tensorflow/tfjs-core'
import type { ProfileLine } from '../protocol.ts'
import type { Profiler } from './profiler.ts'
import { topLines } from './top-lines.ts'

interface Entry {
  milliseconds: number
  calls: number
}

export class KernelProfiler implements Profiler {
  #originals: KernelConfig[] = []
  #entries = new Map<string, Entry>()
  /** Time spent in inner kernels, for each kernel that is running. */
  readonly #inner: number[] = []
  #start = 0

  start(): void {
    this.#entries = new Map()
    this.#originals = getKernelsForBackend(getBackend())
    for (const config of this.#originals) replace({ ...config, kernelFunc: this.#wrap(config) })
    this.#start = performance.now()
  }

  stop(steps: number): ProfileLine[] {
    const whole = performance.now() - this.#start
    for (const config of this.#originals) replace(config)
    const lines = [...this.#entries].map(([name, { milliseconds, calls }]) => ({
      name,
      milliseconds: milliseconds / steps,
      calls: calls / steps,
    }))
    const kernels = lines.reduce((sum, { milliseconds }) => sum + milliseconds, 0)
    return [
      { name: 'all kernels', milliseconds: kernels },
      {
        name: 'outside kernels (tape, batches, JavaScript)',
        milliseconds: whole / steps - kernels,
      },
      ...topLines(lines),
    ]
  }

  #wrap({ kernelName, kernelFunc }: KernelConfig): KernelConfig['kernelFunc'] {
    return (parameters) => {
      const start = performance.now()
      this.#inner.push(0)
      try {
        return kernelFunc(parameters)
      } finally {
        const whole = performance.now() - start
        const own = whole - (this.#inner.pop() as number)
        const outer = this.#inner.pop()
        if (outer !== undefined) this.#inner.push(outer + whole)
        const entry = this.#entries.get(kernelName) ?? { milliseconds: 0, calls: 0 }
        entry.milliseconds += own
        entry.calls++
        this.#entries.set(kernelName, entry)
      }
    }
  }
}

/** Without its set-up, which would make the kernel anew. */
function replace({ setupFunc: _, disposeFunc: __, ...config }: KernelConfig): void {
  unregisterKernel(config.kernelName, config.backendName)
  registerKernel(config as KernelConfig)
}
