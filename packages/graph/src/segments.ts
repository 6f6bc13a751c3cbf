/** Cuts a recording at its host calls: segment `k` runs before host call `k`, the last one after all of them. */
import type { Value } from './graph.ts'
import type { Plan } from './plan.ts'
import { plan } from './plan.ts'
import type { Recorded } from './recorded.ts'
import { HostResult } from './recorded.ts'

/** One part of a program; without a plan where nothing is to be computed. */
export interface Segment {
  readonly plan: Plan | undefined
}

export function segments(recorded: Recorded): Segment[] {
  const { hostCalls, outputs } = recorded
  if (hostCalls.length === 0) return [segment(outputs.filter(isMade), new Set())]
  const wanted = [...new Set([...outputs, ...hostCalls.flatMap(({ inputs }) => inputs)])].filter(
    isMade,
  )
  const stages = new Map<Value, number>()
  const stageOf = (value: Value | undefined): number => {
    if (value === undefined) return 0
    if (value.source instanceof HostResult) return value.source.call + 1
    return stages.get(value) ?? 0
  }
  // Values that a later part, a host call or the caller reads.
  const leaving = new Set<Value>(wanted)
  for (const node of plan(wanted).nodes) {
    const stage = Math.max(0, ...node.inputs.map(stageOf))
    for (const output of node.outputs) stages.set(output, stage)
    for (const input of node.inputs) {
      if (input !== undefined && isMade(input) && stageOf(input) < stage) leaving.add(input)
    }
  }
  return Array.from({ length: hostCalls.length + 1 }, (_, stage) => {
    const given = new Set([...leaving].filter((value) => stageOf(value) < stage))
    return segment(
      [...leaving].filter((value) => stageOf(value) === stage),
      given,
    )
  })
}

function segment(outputs: readonly Value[], given: ReadonlySet<Value>): Segment {
  const distinct = [...new Set(outputs)]
  return { plan: distinct.length === 0 ? undefined : plan(distinct, given) }
}

function isMade(value: Value): boolean {
  return value.node !== undefined
}
