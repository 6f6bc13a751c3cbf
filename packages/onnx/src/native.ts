/**
 * ONNX Runtime's sessions, with the synchronous run that lies underneath its public interface.
 *
 * The one deep import of the project: `onnxruntime-node/dist/binding.js` is not a public path. Where it is missing or
 * has changed, sessions come from the public interface, which only runs asynchronously.
 */
import { createRequire } from 'node:module'
import { WinnowError } from '@winnow/core'
import type { HostArray } from '@winnow/graph'
import type { InferenceSession as PublicSession } from 'onnxruntime-node'

type Ort = typeof import('onnxruntime-node')

/** What ONNX Runtime makes a session with. */
export type SessionOptions = PublicSession.SessionOptions

/** A session of the binding. */
export interface NativeSession {
  run(feeds: object, fetches: object, options: object): Record<string, { data: HostArray }>
  loadModel(buffer: ArrayBufferLike, offset: number, length: number, options: SessionOptions): void
  /** Writes the profile, where one is being taken. */
  endProfiling(): void
  dispose(): void
}

interface Binding {
  readonly binding: { readonly InferenceSession: new () => NativeSession }
  initOrt(): void
}

/** ONNX Runtime as it is installed. */
export interface Native {
  /** The module `onnxruntime-node`. */
  readonly ort: Ort
  /** Undefined where only the public, asynchronous interface is there. @internal */
  readonly binding: Binding | undefined
}

/** Loads `onnxruntime-node`. @throws WinnowError where it is not installed or does not work on this machine */
export async function loadNative(): Promise<Native> {
  let ort: Ort
  try {
    const loaded = await import('onnxruntime-node')
    ort = (loaded as { default?: Ort }).default ?? loaded
  } catch (error) {
    const { message } = error as Error
    throw new WinnowError(
      `the onnx backend needs the package onnxruntime-node (npm install onnxruntime-node@1.30.0): ${message}`,
    )
  }
  return { ort, binding: loadBinding() }
}

function loadBinding(): Binding | undefined {
  try {
    const found = createRequire(import.meta.url)(
      'onnxruntime-node/dist/binding.js',
    ) as Partial<Binding>
    const { binding, initOrt } = found
    if (typeof binding?.InferenceSession !== 'function' || typeof initOrt !== 'function')
      return undefined
    const methods = binding.InferenceSession.prototype as Partial<NativeSession>
    if (typeof methods.run !== 'function' || typeof methods.loadModel !== 'function')
      return undefined
    return found as Binding
  } catch {
    return undefined
  }
}
