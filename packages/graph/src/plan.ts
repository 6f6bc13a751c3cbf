/**
 * A plan: the live part of a graph, in order of execution, with a structural key under which a session is remembered.
 */
import { byteLength } from './element.ts'
import type { Node, Value } from './graph.ts'

/** What one run computes. */
export interface Plan {
  /** Live nodes, each after those it needs. */
  readonly nodes: readonly Node[]
  /** Values that the host feeds, large constants among them. */
  readonly inputs: readonly Value[]
  /** Constants written into the model. */
  readonly constants: readonly Value[]
  readonly outputs: readonly Value[]
  /** Equal keys mean equal models. */
  readonly key: string
  /** Estimate of the most bytes that are alive at one time during a run. */
  readonly peakBytes: number
}

/** Whether the host feeds this value. */
function isFed(value: Value): boolean {
  return value.source !== undefined
}

/**
 * Finds what `outputs` need. Each output must be made by a node. Values in `given` count as fed, and nodes behind
 * them are left out.
 */
export function plan(outputs: readonly Value[], given: ReadonlySet<Value> = new Set()): Plan {
  const nodes: Node[] = []
  const inputs: Value[] = []
  const constants: Value[] = []
  const seenNodes = new Set<Node>()
  const seenValues = new Set<Value>()
  // An explicit stack: a graph may be deeper than the call stack.
  const stack: { node: Node; next: number }[] = []
  const visit = (value: Value): void => {
    if (value.node !== undefined && !given.has(value)) {
      if (!seenNodes.has(value.node)) {
        seenNodes.add(value.node)
        stack.push({ node: value.node, next: 0 })
      }
      return
    }
    if (seenValues.has(value)) return
    seenValues.add(value)
    if (isFed(value) || given.has(value)) inputs.push(value)
    else constants.push(value)
  }
  for (const output of outputs) {
    visit(output)
    while (stack.length > 0) {
      const top = stack[stack.length - 1] as { node: Node; next: number }
      if (top.next < top.node.inputs.length) {
        const input = top.node.inputs[top.next++]
        if (input !== undefined) visit(input)
      } else {
        nodes.push(top.node)
        stack.pop()
      }
    }
  }
  return {
    nodes,
    inputs,
    constants,
    outputs,
    key: keyOf(nodes, inputs, constants, outputs),
    peakBytes: peakBytes(nodes, outputs),
  }
}

function keyOf(
  nodes: readonly Node[],
  inputs: readonly Value[],
  constants: readonly Value[],
  outputs: readonly Value[],
): string {
  const parts: string[] = []
  for (const value of inputs) parts.push(`${value.id}:${value.type}[${value.shape}]`)
  for (const value of constants) {
    const content =
      value.data === undefined
        ? String(Object.is(value.fill, -0) ? '-0' : value.fill)
        : value.data.join()
    parts.push(`${value.id}=${value.type}[${value.shape}]${content}`)
  }
  for (const node of nodes) parts.push(`${node.outputs[0]?.id}=${node.key}`)
  for (const value of outputs) parts.push(String(value.id))
  return parts.join('|')
}

function peakBytes(nodes: readonly Node[], outputs: readonly Value[]): number {
  const lastUse = new Map<Value, number>()
  for (const [index, node] of nodes.entries()) {
    for (const value of node.outputs) lastUse.set(value, index)
    for (const value of node.inputs) if (value?.node !== undefined) lastUse.set(value, index)
  }
  for (const value of outputs) lastUse.set(value, nodes.length)
  const freed = new Array<number>(nodes.length + 1).fill(0)
  for (const [value, index] of lastUse) {
    freed[index] = (freed[index] as number) + byteLength(value.shape, value.type)
  }
  let live = 0
  let peak = 0
  for (const [index, node] of nodes.entries()) {
    for (const value of node.outputs) live += byteLength(value.shape, value.type)
    peak = Math.max(peak, live)
    live -= freed[index] as number
  }
  return peak
}
