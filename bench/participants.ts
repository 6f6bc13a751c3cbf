/** Who takes part, and how each is started. */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Launch } from './protocol.ts'

/** The folder of the benches. */
const here = fileURLToPath(new URL('.', import.meta.url))

/** The Python of `bench/peers/.venv`. */
export function peerPython(folder: string = here): string {
  const bin = process.platform === 'win32' ? ['Scripts', 'python.exe'] : ['bin', 'python']
  return [folder.replace(/[\\/]$/, ''), 'peers', '.venv', ...bin].join('/')
}

export interface Entrant {
  readonly name: string
  /** Why it cannot even be started. */
  readonly absent?: string
  /** With `profile` it is slower, and can tell where its time goes. */
  launch(bench: string, profile?: boolean): Launch
}

/**
 * Ours run from the sources, with their types stripped by tsx: what is measured is what is in the tree, never a build
 * that was forgotten, and once loaded it is the same code that the build ships.
 */
function script(file: string, ...options: string[]): Entrant['launch'] {
  return (bench, profile = false) => ({
    command: process.execPath,
    arguments: [
      '--conditions=@winnow/source',
      '--import',
      'tsx',
      `${here}${file}`,
      bench,
      ...options,
      ...(profile ? ['profile'] : []),
    ],
    environment: { WINNOW_BACKEND: '' },
  })
}

function peer(file: string, threads: number | undefined): Entrant['launch'] {
  const environment: Record<string, string> =
    threads === undefined ? {} : { OMP_NUM_THREADS: `${threads}`, MKL_NUM_THREADS: `${threads}` }
  return (bench) => ({
    command: peerPython(),
    arguments: ['-u', '-B', `${here}peers/${file}`, bench],
    environment: { ...environment, CUDA_VISIBLE_DEVICES: '', JAX_PLATFORMS: 'cpu' },
  })
}

/** All entrants, ours first. */
export function entrants(): Entrant[] {
  const absent = existsSync(peerPython())
    ? undefined
    : 'bench/peers/.venv is not there; npm run bench -- --setup makes it'
  const python = (name: string, file: string, threads?: number): Entrant => ({
    name,
    ...(absent === undefined ? {} : { absent }),
    launch: peer(file, threads),
  })
  return [
    { name: 'onnx', launch: script('ours.ts', 'onnx') },
    { name: 'wasm', launch: script('ours.ts', 'wasm') },
    python('pytorch-1', 'pytorch_peer.py', 1),
    python('pytorch-2', 'pytorch_peer.py', 2),
    python('jax', 'jax_peer.py'),
    { name: 'loop', launch: script('search-loop.ts') },
    { name: 'tfjs-wasm', launch: script('stock.ts', 'wasm') },
    { name: 'tfjs-cpu', launch: script('stock.ts', 'cpu') },
  ]
}
