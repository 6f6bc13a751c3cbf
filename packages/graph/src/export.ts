/**
 * Writes a function of tensors as an ONNX model, weights included. Works wherever tfjs does, in a browser too.
 */
import type { DataType, Tensor } from '@tensorflow/tfjs-core'
import { engine, getBackend, registerBackend, setBackend, tidy } from '@tensorflow/tfjs-core'
import { check, registerGradients } from '@winnow/core'
import { GraphBackend } from './backend.ts'
import type { HostArray } from './element.ts'
import type { Entry } from './entry.ts'
import type { Value } from './graph.ts'
import { registerGraphKernels } from './kernels/index.ts'
import type { Pair } from './onnx/generalise.ts'
import { matchValues, openShape, prologue } from './onnx/generalise.ts'
import { toHalf } from './onnx/half.ts'
import { encodeModel } from './onnx/model.ts'
import type { ModelOptions } from './onnx/parts.ts'
import { modelParts, valueName } from './onnx/parts.ts'
import type { Plan } from './plan.ts'
import { plan } from './plan.ts'
import type { Recorded } from './recorded.ts'
import { isCaptured } from './recorded.ts'
import { GraphTrace } from './tracer.ts'

/** One input of an exported model. */
export interface ExportInput {
  /** A name in place of a number leaves that size open: the same name everywhere. */
  readonly shape: readonly (number | string)[]
  readonly dtype?: Extract<DataType, 'float32' | 'int32' | 'bool'>
}

/** Options of {@link exportOnnx}. */
export interface ExportOptions {
  /** `float16` halves the file; inputs and outputs stay float32. Default: `float32`. */
  readonly precision?: 'float32' | 'float16'
}

type Named = Readonly<Record<string, Tensor>>

/** Sizes that no model has by chance, so that what depends on the batch shows. */
const batches = [61, 67] as const

/**
 * Records `fn` and writes it as an ONNX model (operator set 20, standard operators only). Tensors that `fn` reads, its
 * weights, are written into the model with their present values.
 *
 * @param fn gets one tensor for each input, by name; returns a tensor (then named `output`) or a record of tensors
 * @param inputs shapes and dtypes by name; a name for a size leaves it open, as in `{ x: { shape: ['batch', 784] } }`
 * @throws WinnowError when `fn` reads a value or does something else at another batch size
 */
export async function exportOnnx(
  fn: (inputs: Record<string, Tensor>) => Tensor | Named,
  inputs: Readonly<Record<string, ExportInput>>,
  options: ExportOptions = {},
): Promise<Uint8Array> {
  const open = new Set(
    Object.values(inputs).flatMap(({ shape }) => shape.filter((size) => typeof size === 'string')),
  )
  check(
    open.size <= 1,
    () => `inputs: sizes named ${[...open].join(', ')} came, expected one name at most`,
  )
  const [batch] = open as Set<string>
  const first = await record(fn, inputs, batches[0])
  const second = batch === undefined ? undefined : await record(fn, inputs, batches[1])
  const names = new Map<Value, string>()
  for (const { name, value } of first.inputs) names.set(value, name)
  for (const { name, value } of first.outputs) names.set(value, name)
  const whole = plan(first.outputs.map(({ value }) => value))
  const base: ModelOptions = { names, baked: await bakedValues(whole), target: 'portable' }
  const model = modelParts(whole, {
    ...base,
    ...(second === undefined ? {} : opened(first, second, whole, inputs, batch as string)),
  })
  return encodeModel(options.precision === 'float16' ? toHalf(model) : model)
}

interface Recording {
  readonly inputs: readonly { name: string; value: Value }[]
  readonly outputs: readonly { name: string; value: Value }[]
  readonly recorded: Recorded
}

const backendName = 'winnow-graph'

/** Records on a backend of its own, which becomes the active one meanwhile. */
async function record(
  fn: (inputs: Record<string, Tensor>) => Tensor | Named,
  inputs: Readonly<Record<string, ExportInput>>,
  batch: number,
): Promise<Recording> {
  registerGradients()
  registerGraphKernels(backendName)
  if (engine().findBackend(backendName) === null) {
    registerBackend(backendName, () => new GraphBackend(), 0)
  }
  const before = getBackend()
  await setBackend(backendName)
  const trace = new GraphTrace(engine().backend as GraphBackend)
  try {
    let made: Recording | undefined
    tidy(() => {
      const placeholders: Record<string, Tensor> = {}
      for (const [name, { shape, dtype = 'float32' }] of Object.entries(inputs)) {
        const sizes = shape.map((size) => (typeof size === 'number' ? size : batch))
        placeholders[name] = trace.input(sizes, dtype)
      }
      const result = fn({ ...placeholders })
      const named: Named = 'dataId' in result ? { output: result as Tensor } : (result as Named)
      const names = Object.keys(named)
      for (const name of names) {
        check(!(name in inputs), () => `fn: '${name}' is the name of an input and of an output`)
      }
      const recorded = trace.record(Object.values(named), true)
      check(recorded.hostCalls.length === 0, () => 'exportOnnx: a model cannot contain host calls')
      made = {
        recorded,
        inputs: Object.keys(inputs).map((name, index) => {
          const placeholder = recorded.placeholders[index]
          return { name, value: recorded.graph.find(placeholder) as Value }
        }),
        outputs: names.map((name, index) => ({ name, value: recorded.outputs[index] as Value })),
      }
    })
    return made as unknown as Recording
  } finally {
    trace.abort()
    await setBackend(before)
  }
}

function opened(
  first: Recording,
  second: Recording,
  whole: Plan,
  inputs: Readonly<Record<string, ExportInput>>,
  batch: string,
): Pick<ModelOptions, 'shapes' | 'prologue'> {
  const other = plan(second.outputs.map(({ value }) => value))
  const pair: Pair = { plan: whole, other, batch: batches[0], otherBatch: batches[1] }
  const matched = matchValues(pair)
  const shapes = new Map<Value, readonly (number | string)[]>()
  for (const { name, value } of first.inputs) shapes.set(value, inputs[name]?.shape ?? value.shape)
  for (const { value } of first.outputs) {
    shapes.set(value, openShape(value, matched.get(value) as Value, pair, batch))
  }
  const [input, { shape }] = Object.entries(inputs).find(([, of]) => of.shape.includes(batch)) as [
    string,
    ExportInput,
  ]
  return { shapes, prologue: prologue(pair, { input, axis: shape.indexOf(batch) }) }
}

/** Values of the tensors that the function read, wherever they lie, and of large constants. */
async function bakedValues(whole: Plan): Promise<Map<Value, HostArray>> {
  const baked = new Map<Value, HostArray>()
  for (const value of whole.inputs) {
    if (value.data !== undefined) baked.set(value, value.data)
    else if (isCaptured(value)) {
      const { foreign } = value.source as Entry
      const values =
        foreign === undefined ? (value.source as Entry).host : await engine().read(foreign)
      check(values !== undefined, () => `exportOnnx: ${valueName(value)} has no values`)
      baked.set(value, values as HostArray)
    }
  }
  return baked
}
