/** A participant of ours: `ours.ts BENCH onnx|wasm [profile]`. */
import { compile, prepareBackend, Rng, useBackend } from '../packages/core/src/index.ts'
import { activate } from '../packages/onnx/src/index.ts'
import { codecImage, entropyCoder } from './coding.ts'
import { FitSteps } from './fit-steps.ts'
import { buildKernels, type Kernel } from './kernels.ts'
import { isTraining } from './names.ts'
import { KernelProfiler } from './profile/kernel-profiler.ts'
import { OnnxProfiler } from './profile/onnx-profiler.ts'
import { buildSearch } from './search.ts'
import { serve, timed, type Work, type Workload } from './serve.ts'
import { passageEncoding } from './text.ts'
import { buildTraining } from './training.ts'

/** `onnx` is started directly: from the sources, core cannot find by name a package that it does not depend on. */
async function start(name: string): Promise<string> {
  if (name !== 'onnx') {
    const { device } = await useBackend(name)
    return `winnow ${name} (${device})`
  }
  const { device } = await activate()
  prepareBackend()
  return `winnow onnx (${device})`
}

/** A kernel through `compile`: one call, waited for, its result not read. */
function compiled({ inputs, apply }: Kernel): Work {
  const call = compile((...tensors: typeof inputs) => apply(...tensors))
  return {
    run: async (count) => ({
      milliseconds: await timed(count, async () => {
        const result = await call(...inputs)
        result.dispose()
      }),
    }),
    dispose: () => call.dispose(),
  }
}

/** One call at a time, its result read. */
function forward(call: () => Promise<void>): Work {
  return { run: async (count) => ({ milliseconds: await timed(count, call) }) }
}

async function build(bench: string, backend: string, profile: boolean): Promise<Workload> {
  const profiler = !profile
    ? undefined
    : backend === 'onnx'
      ? new OnnxProfiler()
      : new KernelProfiler()
  let label = await start(backend)
  const cases = new Map<string, Work>()
  if (isTraining(bench)) {
    cases.set('', new FitSteps(buildTraining(bench), profiler))
  } else if (bench === 'encode') {
    cases.set('', forward(passageEncoding(new Rng(1))))
  } else if (bench === 'search') {
    const { cases: searches, note } = await buildSearch()
    for (const [name, search] of searches) cases.set(name, search)
    label = `${label}, ${note}`
  } else if (bench === 'entropy-coder' || bench === 'codec-image') {
    const coding = bench === 'codec-image' ? await codecImage() : entropyCoder()
    for (const [name, call] of coding) cases.set(name, forward(call))
  } else {
    for (const [name, kernel] of buildKernels(bench)) cases.set(name, compiled(kernel))
  }
  return { label, cases }
}

const [bench = '', backend = '', profile] = process.argv.slice(2)
await serve(() => build(bench, backend, profile !== undefined))
