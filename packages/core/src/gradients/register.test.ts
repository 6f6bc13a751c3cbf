import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { afterEach, expect, test, vi } from 'vitest'
import { gradients, registerGradients } from './register.ts'

afterEach(() => {
  tf.env().set('DEBUG', false)
  vi.restoreAllMocks()
})

/** Kernels of tfjs-backend-cpu that have no gradient here, and why. */
const withoutGradient: Record<string, string> = {
  // No differentiable input.
  Bincount: 'counts',
  DenseBincount: 'counts',
  BroadcastArgs: 'shapes',
  Draw: 'writes to a canvas',
  Fill: 'no inputs',
  LinSpace: 'no inputs',
  Range: 'no inputs',
  NonMaxSuppressionV3: 'places',
  NonMaxSuppressionV4: 'places',
  NonMaxSuppressionV5: 'places',
  StaticRegexReplace: 'strings',
  StringNGrams: 'strings',
  StringSplit: 'strings',
  StringToHashBucketFast: 'strings',
  RaggedGather: 'ragged tensors',
  RaggedRange: 'ragged tensors',
  RaggedTensorToTensor: 'ragged tensors',
  SparseFillEmptyRows: 'sparse bookkeeping',
  SparseReshape: 'sparse bookkeeping',
  SparseSegmentMean: 'use unsortedSegmentSum',
  SparseSegmentSum: 'use unsortedSegmentSum',
  // The tape takes float32 gradients only.
  Complex: 'complex',
  ComplexAbs: 'complex',
  Real: 'complex',
  Imag: 'complex',
  FFT: 'complex',
  IFFT: 'complex',
  // Not reached: tf.fused runs them inside a customGrad, or splits them into plain kernels.
  FusedConv2D: 'inside customGrad',
  FusedDepthwiseConv2D: 'inside customGrad',
  _FusedMatMul: 'inside customGrad',
  // Gradient kernels of tfjs whose place our gradients fill with differentiable ones.
  EluGrad: 'not used',
  LRNGrad: 'not used',
  ResizeBilinearGrad: 'not used',
  ResizeNearestNeighborGrad: 'not used',
  MaxPoolGrad: 'first order; composed where differentiated',
  MaxPool3DGrad: 'first order; composed where differentiated',
  // Used on inputs, not within models.
  CropAndResize: 'augmentation',
  RotateWithOffset: 'augmentation',
  Transform: 'augmentation',
  Dilation2D: 'morphology',
  Dilation2DBackpropFilter: 'morphology',
  Dilation2DBackpropInput: 'morphology',
}

test('every kernel of the cpu backend has a gradient, or a reason to have none', () => {
  const owned = new Set(gradients.map(({ kernel }) => kernel))
  const present = tf.getKernelsForBackend('cpu').map(({ kernelName }) => kernelName)
  expect(present.length).toBeGreaterThan(160)
  expect(present.filter((name) => !owned.has(name) && !(name in withoutGradient))).toEqual([])
  expect(
    Object.keys(withoutGradient).filter((name) => owned.has(name) || !present.includes(name)),
  ).toEqual([])
})

test('no kernel is defined twice', () => {
  const names = gradients.map(({ kernel }) => kernel)
  expect(new Set(names).size).toBe(names.length)
})

test('registers without a warning, again and over others, and restores ours', () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
  tf.env().set('DEBUG', true)
  warn.mockClear()
  registerGradients()
  registerGradients()
  const ours = tf.getGradient('Maximum')
  tf.unregisterGradient('Maximum')
  tf.registerGradient({ kernelName: 'Maximum', gradFunc: () => ({}) })
  registerGradients()
  expect(tf.getGradient('Maximum')).toBe(ours)
  expect(warn.mock.calls.flat().filter((text) => String(text).includes('gradient'))).toEqual([])
})
