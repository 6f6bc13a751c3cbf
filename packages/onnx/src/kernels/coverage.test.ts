import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { expect, it } from 'vitest'
import { activate } from '../activate.ts'

const valuesDecideShape =
  'the shape of the result depends on values, which a graph of static shapes cannot hold'
const text = 'strings do not enter graphs'
const ragged = 'ragged tensors have no static shape'
const complex = 'complex numbers do not enter graphs'
const drawn = 'draws random numbers or pixels outside Rng'
const image = 'image augmentation belongs to the data loader, on the host'
const morphology = 'no method trains through it'

/** Kernels of tfjs cpu that onnx leaves out, and why. */
const leftOut: Record<string, string> = {
  BroadcastArgs: 'computes with shapes, which are static here',
  Complex: complex,
  ComplexAbs: complex,
  FFT: complex,
  IFFT: complex,
  Imag: complex,
  Real: complex,
  CropAndResize: image,
  RotateWithOffset: image,
  Transform: image,
  Dilation2D: morphology,
  Dilation2DBackpropFilter: morphology,
  Dilation2DBackpropInput: morphology,
  MaxPoolWithArgmax: 'tfjs has no gradient for it, and max pooling has one without indices',
  Draw: drawn,
  Multinomial: drawn,
  NonMaxSuppressionV3: valuesDecideShape,
  NonMaxSuppressionV4: valuesDecideShape,
  NonMaxSuppressionV5: valuesDecideShape,
  SparseFillEmptyRows: valuesDecideShape,
  SparseReshape: valuesDecideShape,
  Unique: valuesDecideShape,
  SparseSegmentMean: valuesDecideShape,
  SparseSegmentSum: valuesDecideShape,
  RaggedGather: ragged,
  RaggedRange: ragged,
  RaggedTensorToTensor: ragged,
  StaticRegexReplace: text,
  StringNGrams: text,
  StringSplit: text,
  StringToHashBucketFast: text,
}

it('has every kernel of tfjs cpu but those that are left out for a reason', async () => {
  await activate({ threads: 2 })
  const names = (backend: string): string[] =>
    tf.getKernelsForBackend(backend).map(({ kernelName }) => kernelName)
  const ours = new Set(names('onnx'))
  const missing = names('cpu').filter((name) => !ours.has(name))
  expect(missing.sort()).toEqual(Object.keys(leftOut).sort())
})
