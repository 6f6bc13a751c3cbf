import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { afterEach, expect, test, vi } from 'vitest'
import { prepareBackend } from '../../backend/prepare.ts'
import { gradients } from '../../gradients/register.ts'
import { conformanceCases } from './cases/index.ts'
import { evaluate } from './evaluate.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

const notUsed = 'core has a gradient of its own, made of other kernels'
const augmentation = 'changes images on the host, before training'
const complex = 'the tape takes float32 alone'
const text = 'strings are not trained on'
const ragged = 'ragged tensors have no static shape'
const byValue = 'the shape of the result depends on values'

/** Kernels of tfjs-backend-cpu that no case is there for, and why. */
const leftOut: Readonly<Record<string, string>> = {
  BroadcastArgs: 'computes with shapes',
  Complex: complex,
  ComplexAbs: complex,
  FFT: complex,
  IFFT: complex,
  Imag: complex,
  Real: complex,
  CropAndResize: augmentation,
  RotateWithOffset: augmentation,
  Transform: augmentation,
  Dilation2D: 'no method trains through it',
  Dilation2DBackpropFilter: 'no method trains through it',
  Dilation2DBackpropInput: 'no method trains through it',
  Draw: 'writes to a canvas',
  Multinomial: 'draws random numbers outside Rng',
  EluGrad: notUsed,
  LRNGrad: notUsed,
  ResizeBilinearGrad: notUsed,
  ResizeNearestNeighborGrad: notUsed,
  MaxPoolWithArgmax: 'no method trains through it',
  NonMaxSuppressionV3: byValue,
  NonMaxSuppressionV4: byValue,
  NonMaxSuppressionV5: byValue,
  SparseFillEmptyRows: byValue,
  SparseReshape: byValue,
  SparseSegmentMean: 'unsortedSegmentSum is used',
  SparseSegmentSum: 'unsortedSegmentSum is used',
  Unique: byValue,
  RaggedGather: ragged,
  RaggedRange: ragged,
  RaggedTensorToTensor: ragged,
  StaticRegexReplace: text,
  StringNGrams: text,
  StringSplit: text,
  StringToHashBucketFast: text,
}

test('there is a case for every kernel of cpu that is not left out for a reason', () => {
  const covered = new Set(conformanceCases.flatMap(({ kernels }) => kernels))
  const present = tf.getKernelsForBackend('cpu').map(({ kernelName }) => kernelName)
  const missing = present.filter((name) => !covered.has(name))
  expect(missing.sort()).toEqual(Object.keys(leftOut).sort())
  // Nothing is listed that is no kernel.
  expect([...covered].filter((name) => !present.includes(name))).toEqual([])
})

test('there is a gradient case for every kernel that core differentiates', () => {
  const present = tf.getKernelsForBackend('cpu').map(({ kernelName }) => kernelName)
  const differentiated = new Set<string>()
  const byName = new Map(conformanceCases.map((one) => [one.name, one]))
  for (const { name, order, kernels } of conformanceCases) {
    if (order === 0 && byName.has(`${name}, gradient`)) {
      for (const kernel of kernels) differentiated.add(kernel)
    }
  }
  const owned = gradients.filter(({ kernel }) => present.includes(kernel))
  const missing = owned.map(({ kernel }) => kernel).filter((kernel) => !differentiated.has(kernel))
  // Those have no derivative, or are themselves gradients: the second order runs them.
  expect(missing.sort()).toMatchInlineSnapshot(`
    [
      "All",
      "Any",
      "ArgMax",
      "ArgMin",
      "AvgPool3DGrad",
      "AvgPoolGrad",
      "BitwiseAnd",
      "Conv2DBackpropFilter",
      "Conv3DBackpropFilterV2",
      "DepthwiseConv2dNativeBackpropFilter",
      "DepthwiseConv2dNativeBackpropInput",
      "Equal",
      "FloorDiv",
      "Greater",
      "GreaterEqual",
      "IsFinite",
      "IsInf",
      "IsNan",
      "Less",
      "LessEqual",
      "LogicalAnd",
      "LogicalNot",
      "LogicalOr",
      "MaxPoolWithArgmax",
      "Multinomial",
      "NotEqual",
      "OneHot",
      "OnesLike",
      "SearchSorted",
      "Unique",
      "ZerosLike",
    ]
  `)
})

test('names are unique, and every case runs the kernels that it is there for', async () => {
  const names = conformanceCases.map(({ name }) => name)
  expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([])
  await tf.setBackend('cpu')
  prepareBackend()
  const engine = tf.engine()
  const original = engine.runKernel.bind(engine)
  let ran = new Set<string>()
  vi.spyOn(engine, 'runKernel').mockImplementation((name, inputs, attributes) => {
    ran.add(name)
    return original(name, inputs, attributes)
  })
  const idle: string[] = []
  for (const one of conformanceCases) {
    ran = new Set()
    await evaluate(one.run, one.make(), false)
    idle.push(...one.kernels.filter((kernel) => !ran.has(kernel)).map((k) => `${one.name}: ${k}`))
  }
  expect(idle).toEqual([])
})
