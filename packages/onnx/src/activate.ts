/** Makes `onnx` the active tfjs backend. */
import { availableParallelism } from 'node:os'
import { findBackend, registerBackend, removeBackend, setBackend } from '@tensorflow/tfjs-core'
import { check, unknownName, WinnowError } from '@winnow/core'
import { registerGraphKernels } from '@winnow/graph'
import { OnnxBackend } from './backend.ts'
import type { Native, SessionOptions } from './native.ts'
import { loadNative } from './native.ts'
import { OnnxRunner } from './runner.ts'

/** Where ONNX Runtime may run graphs. */
export type Provider = 'cpu' | 'cuda' | 'webgpu'

const providers: readonly Provider[] = ['cpu', 'cuda', 'webgpu']

/** Options of {@link activate}. */
export interface ActivateOptions {
  /** In order of preference; the first that this machine offers is taken. Default: `['cpu']`. */
  readonly providers?: readonly Provider[]
  /** Threads of one operator. Default: the cores that the process may use, at most 8. */
  readonly threads?: number
  /**
   * Whether threads wait busily for the next operator of a run: a tenth faster on a machine at rest, slower on a busy one.
   * Default: in compiled programs, such as the steps of `fit`, and not in eager use.
   */
  readonly spinning?: boolean
  /** Where ONNX Runtime writes what each operator took, as JSON for a trace viewer: a path without its ending. */
  readonly profile?: string
}

/**
 * Registers the backend `onnx` and makes it the active one. A second call with other options replaces the backend,
 * so its tensors must have been disposed.
 *
 * @throws WinnowError when `onnxruntime-node` is missing, an option is wrong, or no provider is there
 */
export async function activate(options: ActivateOptions = {}): Promise<{ device: string }> {
  const native = await loadNative()
  const provider = chooseProvider(options.providers ?? ['cpu'], native)
  const threads = options.threads ?? Math.min(8, availableParallelism())
  check(
    Number.isInteger(threads) && threads > 0,
    () => `threads: ${threads} came, expected a whole number above 0`,
  )
  const device =
    provider === 'cpu' ? `cpu (${threads} thread${threads === 1 ? '' : 's'})` : provider
  const settings = JSON.stringify([device, options.spinning, options.profile])
  const known = findBackend('onnx') as OnnxBackend | null
  if (known === null || known.settings !== settings) {
    if (known !== null) removeBackend('onnx')
    registerGraphKernels('onnx')
    const runner = new OnnxRunner(native, (purpose) =>
      sessionOptions(provider, threads, options, purpose),
    )
    registerBackend('onnx', () => new OnnxBackend(runner, device, settings), 0)
  }
  check(await setBackend('onnx'), () => 'the onnx backend could not be started')
  return { device }
}

/** The first provider that is there. @throws WinnowError that says why each one is not */
export function chooseProvider(wanted: readonly Provider[], native: Pick<Native, 'ort'>): Provider {
  const available = new Map(
    native.ort.listSupportedBackends().map(({ name, bundled }) => [name, bundled]),
  )
  const reasons: string[] = []
  for (const name of wanted) {
    if (!providers.includes(name)) throw unknownName('providers', name, providers)
    if (name === 'cpu' || available.get(name) === true) return name
    reasons.push(
      available.has(name)
        ? `${name}: its library is not part of the package; install it as onnxruntime-node describes`
        : `${name}: this build of onnxruntime-node has none for ${process.platform}-${process.arch}`,
    )
  }
  throw new WinnowError(
    `providers: none of [${wanted.join(', ')}] can be used here (${reasons.join('; ')})`,
  )
}

function sessionOptions(
  provider: Provider,
  threads: number,
  options: ActivateOptions,
  purpose: 'eager' | 'program',
): SessionOptions {
  return {
    executionProviders: provider === 'cpu' ? ['cpu'] : [provider, 'cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    // Its one block for all values comes on top of what the first run took: half as much memory again, no faster.
    enableMemPattern: false,
    graphOptimizationLevel: purpose === 'eager' ? 'basic' : 'all',
    logSeverityLevel: 3,
    ...(options.profile === undefined
      ? {}
      : { enableProfiling: true, profileFilePrefix: options.profile }),
    extra: {
      session: {
        intra_op: { allow_spinning: (options.spinning ?? purpose === 'program') ? '1' : '0' },
        // Between runs they sleep: what comes there, such as an update or the next batch, has the cores to itself.
        force_spinning_stop: '1',
      },
    },
  }
}
