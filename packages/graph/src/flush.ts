/** Runs pending work: everything that a live tensor needs, in one run. */
import { WinnowError } from '@winnow/core'
import type { GraphBackend } from './backend.ts'
import type { HostArray } from './element.ts'
import { filledArray, sizeOf } from './element.ts'
import type { Entry } from './entry.ts'
import { hostOf } from './entry.ts'
import type { Value } from './graph.ts'
import { Graph } from './graph.ts'
import type { Plan } from './plan.ts'
import { plan } from './plan.ts'

interface Batch {
  readonly graph: Graph
  readonly live: readonly Entry[]
  readonly plan: Plan | undefined
}

/** Runs what is pending now. @throws WinnowError where the engine cannot run synchronously */
export function flushSync(backend: GraphBackend): void {
  const batch = takePending(backend)
  if (batch === undefined) return
  try {
    if (batch.plan === undefined) {
      commit(batch, [])
      return
    }
    const executable = runnerOf(backend).prepare(batch.plan, 'eager')
    try {
      commit(batch, executable.runSync(feedsOf(batch.plan)))
    } finally {
      executable.release()
    }
  } finally {
    unpin(batch)
  }
}

/** Runs what is pending, after flushes that are under way. */
export async function flush(backend: GraphBackend): Promise<void> {
  if (backend.runner?.synchronous === true) {
    flushSync(backend)
    return
  }
  const batch = takePending(backend)
  if (batch === undefined) return backend.flushing
  const before = backend.flushing
  const work = async (): Promise<void> => {
    try {
      await before
      if (batch.plan === undefined) {
        commit(batch, [])
        return
      }
      const executable = runnerOf(backend).prepare(batch.plan, 'eager')
      try {
        commit(batch, await executable.run(feedsOf(batch.plan)))
      } finally {
        executable.release()
      }
    } finally {
      unpin(batch)
    }
  }
  const done = work()
  // A failure is told to who asked for this flush, not to those that come after.
  backend.flushing = done.catch(() => undefined)
  return done
}

function takePending(backend: GraphBackend): Batch | undefined {
  const { pending: graph, produced } = backend
  if (produced.length === 0) return undefined
  backend.pending = new Graph()
  backend.produced = []
  const live = produced.filter((entry) => entry.references > 0 || entry.pins > 0)
  const outputs = new Set<Value>()
  for (const { value } of live) if (value?.node !== undefined) outputs.add(value)
  return { graph, live, plan: outputs.size > 0 ? plan([...outputs]) : undefined }
}

function feedsOf(of: Plan): HostArray[] {
  return of.inputs.map(fedValues)
}

/** The values of a fed value: a large constant, or a tensor from outside the graph. */
function fedValues(value: Value): HostArray {
  const array = value.data ?? hostOf(value.source as Entry)
  if (array === undefined) {
    throw new WinnowError('a tensor has no values: the run that should have computed it failed')
  }
  return array
}

function commit(batch: Batch, results: readonly HostArray[]): void {
  const arrays = new Map<Value, HostArray>()
  for (const [index, output] of (batch.plan?.outputs ?? []).entries()) {
    arrays.set(output, results[index] as HostArray)
  }
  const taken = new Set<Value>()
  for (const entry of batch.live) {
    const value = entry.value as Value
    const array = arrays.get(value)
    if (array !== undefined) {
      // A second tensor of the same value gets a copy of its own.
      entry.host = taken.has(value) ? array.slice() : array
      taken.add(value)
    } else {
      entry.host = knownValues(value)
    }
    entry.value = undefined
  }
}

/** A fresh array of the values of a constant or fed value. */
export function knownValues(value: Value): HostArray {
  if (value.fill !== undefined) return filledArray(value.type, sizeOf(value.shape), value.fill)
  return fedValues(value).slice()
}

function unpin(batch: Batch): void {
  for (const { source, data } of batch.graph.inputs) {
    if (data === undefined) (source as Entry).pins--
  }
}

function runnerOf(backend: GraphBackend): NonNullable<GraphBackend['runner']> {
  if (backend.runner === undefined) {
    throw new WinnowError(
      "a value was read, but the 'graph' backend only records; choose a backend that computes, as useBackend does",
    )
  }
  return backend.runner
}
