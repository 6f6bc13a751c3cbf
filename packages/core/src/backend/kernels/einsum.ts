/**
 * `Einsum` by matrix products: wasm has none, and on cpu and webgpu the stock kernel writes out the product of all
 * operands over all their axes before it sums, which for attention is a tensor of batch × heads × tokens² × width.
 *
 * Operands are contracted from left to right. Of two operands, axes in both that are needed later are batch axes, axes
 * in both that are not are the inner axis of a product, and the rest are its rows and columns.
 */

import type { TensorInfo } from '@tensorflow/tfjs-core'
import { util } from '@tensorflow/tfjs-core'
import { check } from '../../error.ts'
import type { KernelRun } from './kernel-run.ts'
import { composite } from './kernel-run.ts'
import type { Replacement } from './replacement.ts'

/** A tensor with one letter for each axis. */
interface Labelled {
  readonly tensor: TensorInfo
  readonly labels: string
}

export function einsumByProducts(backendName: string): Replacement {
  return {
    kernelName: 'Einsum',
    backendName,
    reason: 'not registered, or the product over all axes is written out',
    make:
      () =>
      ({ inputs, attrs, backend }) => {
        const tensors = Object.values(inputs as Record<string, TensorInfo>)
        const equation = (attrs as unknown as { equation: string }).equation.replace(/\s/g, '')
        const { terms, output } = parsed(equation, tensors)
        return composite(backendName, backend, (run) => {
          const operands = tensors.map((tensor, i) => ({ tensor, labels: terms[i] as string }))
          let product = operands[0] as Labelled
          for (let i = 1; i < operands.length; i++) {
            const needed = output + terms.slice(i + 1).join('')
            product = contract(run, product, operands[i] as Labelled, needed)
          }
          return arranged(run, summed(run, product, output), output)
        })
      },
  }
}

/** The labels of each operand and of the output. Throws where they do not fit the operands. */
function parsed(
  equation: string,
  tensors: readonly TensorInfo[],
): { readonly terms: readonly string[]; readonly output: string } {
  const wrong = (why: string): string => `einsum: the equation '${equation}' ${why}.`
  check(/^[a-zA-Z,]*->[a-zA-Z]*$/.test(equation), () => wrong("is not letters, ',' and one '->'"))
  const [left, output] = equation.split('->') as [string, string]
  const terms = left.split(',')
  check(terms.length === tensors.length, () =>
    wrong(`has ${terms.length} operands, but ${tensors.length} tensors came`),
  )
  for (const term of [...terms, output]) {
    check(new Set(term).size === term.length, () => wrong(`repeats an axis in '${term}'`))
  }
  const lengths = new Map<string, number>()
  for (const [i, term] of terms.entries()) {
    const { shape } = tensors[i] as TensorInfo
    check(shape.length === term.length, () =>
      wrong(`has '${term}' for an operand of shape [${shape}]`),
    )
    for (const [axis, label] of [...term].entries()) {
      const length = shape[axis] as number
      const known = lengths.get(label) ?? length
      check(known === length, () => wrong(`has axes '${label}' of lengths ${known} and ${length}`))
      lengths.set(label, length)
    }
  }
  for (const label of output) {
    check(lengths.has(label), () => wrong(`has '${label}' in the output only`))
  }
  return { terms, output }
}

const only = (labels: string, keep: (label: string) => boolean): string =>
  [...labels].filter(keep).join('')

function lengthOf({ tensor, labels }: Labelled, label: string): number {
  return tensor.shape[labels.indexOf(label)] as number
}

/** Sums the axes away that are not in `keep`. */
function summed(run: KernelRun, operand: Labelled, keep: string): Labelled {
  const { tensor, labels } = operand
  const axis = [...labels].flatMap((label, i) => (keep.includes(label) ? [] : [i]))
  if (axis.length === 0) return operand
  return {
    tensor: run.call('Sum', { x: tensor }, { axis, keepDims: false }),
    labels: only(labels, (label) => keep.includes(label)),
  }
}

/** The tensor with its axes in the order of `order`. */
function arranged(run: KernelRun, { tensor, labels }: Labelled, order: string): TensorInfo {
  if (labels === order) return tensor
  const perm = [...order].map((label) => labels.indexOf(label))
  return run.call('Transpose', { x: tensor }, { perm })
}

function contract(run: KernelRun, left: Labelled, right: Labelled, needed: string): Labelled {
  const a = summed(run, left, needed + right.labels)
  const b = summed(run, right, needed + left.labels)
  const shared = only(a.labels, (label) => b.labels.includes(label))
  const batch = only(shared, (label) => needed.includes(label))
  const inner = only(shared, (label) => !needed.includes(label))
  const rows = only(a.labels, (label) => !shared.includes(label))
  const columns = only(b.labels, (label) => !shared.includes(label))
  const sizeOf = (operand: Labelled, labels: string): number =>
    util.sizeFromShape([...labels].map((label) => lengthOf(operand, label)))

  const batchSize = sizeOf(a, batch)
  const innerSize = sizeOf(a, inner)
  const product = run.call(
    'BatchMatMul',
    {
      a: run.reshape(arranged(run, a, batch + rows + inner), [
        batchSize,
        sizeOf(a, rows),
        innerSize,
      ]),
      b: run.reshape(arranged(run, b, batch + inner + columns), [
        batchSize,
        innerSize,
        sizeOf(b, columns),
      ]),
    },
    { transposeA: false, transposeB: false },
  )
  const labels = batch + rows + columns
  const shape = [...labels].map((label) => lengthOf(a.labels.includes(label) ? a : b, label))
  return { tensor: run.reshape(product, shape), labels }
}
