/**
 * Replacement kernels: what a backend of tfjs 4.22 gets wrong, lacks or does slowly, put right from outside.
 *
 * Registration is explicit and idempotent, and checked by identity: a later import that registers the stock kernel
 * again is noticed, and that kernel is replaced in its turn.
 */

import type { KernelConfig, KernelFunc } from '@tensorflow/tfjs-core'
import { getKernel, registerKernel, unregisterKernel } from '@tensorflow/tfjs-core'

export interface Replacement {
  readonly kernelName: string
  /** tfjs's name of the backend: `wasm`, `webgpu`. */
  readonly backendName: string
  /** What is wrong with the stock kernel, in one line. */
  readonly reason: string
  /** Makes the kernel; `stock` is the one that it replaces, undefined where the backend has none. */
  readonly make: (stock: KernelFunc | undefined) => KernelFunc
}

interface Installed {
  readonly config: KernelConfig
  readonly stock: KernelConfig | undefined
}

const installed = new Map<Replacement, Installed>()

/** Registers each replacement that is not the registered kernel already. */
export function installReplacements(replacements: readonly Replacement[]): void {
  for (const replacement of replacements) {
    const { kernelName, backendName, make } = replacement
    const current = getKernel(kernelName, backendName) as KernelConfig | undefined
    if (current !== undefined && installed.get(replacement)?.config === current) continue
    // The set-up of the stock kernel stays: it binds the native function whenever the backend starts anew.
    const config = { ...current, kernelName, backendName, kernelFunc: make(current?.kernelFunc) }
    if (current !== undefined) unregisterKernel(kernelName, backendName)
    registerKernel(config)
    installed.set(replacement, { config, stock: current })
  }
}

/** Puts the stock kernels back, so that a test can show what is wrong with them. */
export function removeReplacements(replacements: readonly Replacement[]): void {
  for (const replacement of replacements) {
    const entry = installed.get(replacement)
    if (entry === undefined) continue
    const { kernelName, backendName } = replacement
    if (getKernel(kernelName, backendName) === entry.config) {
      unregisterKernel(kernelName, backendName)
      if (entry.stock !== undefined) registerKernel(entry.stock)
    }
    installed.delete(replacement)
  }
}
