import '@tensorflow/tfjs-backend-cpu'
import type { Tensor } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { compare, floats, integers } from '../testing/compare.ts'

const run = (
  name: string,
  inputs: Record<string, unknown>,
  attributes: Record<string, unknown>,
): Tensor => tf.engine().runKernel(name, inputs as tf.NamedTensorMap, attributes as never) as Tensor

const cases = [
  { strides: 1, pad: 'same' },
  { strides: 2, pad: 'same' },
  { strides: 1, pad: 'valid' },
  { strides: 2, pad: 'valid' },
  { strides: 2, pad: 1, dimRoundingMode: 'floor' },
] as const

describe('convolutions', () => {
  for (const { strides, pad, ...more } of cases) {
    it(`${JSON.stringify(strides)} ${pad}`, async () => {
      const dimRoundingMode = 'dimRoundingMode' in more ? more.dimRoundingMode : undefined
      for (const [h, w, size] of [
        [7, 6, 3],
        [4, 5, 3],
        [8, 8, 2],
        [5, 5, 1],
        [9, 7, 4],
      ] as const) {
        const attrs = { strides, pad, dataFormat: 'NHWC', dilations: 1, dimRoundingMode }
        const [x, filter] = [floats([2, h, w, 3]), floats([size, size, 3, 4])]
        const label = `${h}x${w} ${size}`
        await compare(label, (a, f) => run('Conv2D', { x: a, filter: f }, attrs), [x, filter])
        const info = tf.backend_util.computeConv2DInfo(
          [2, h, w, 3],
          [size, size, 3, 4],
          strides as never,
          1,
          pad as never,
          dimRoundingMode,
        )
        const dy = floats(info.outShape)
        await compare(
          `${label}, by input`,
          (d, f) =>
            run(
              'Conv2DBackpropInput',
              { dy: d, filter: f },
              { ...attrs, inputShape: [2, h, w, 3] },
            ),
          [dy, filter],
        )
        await compare(
          `${label}, by filter`,
          (a, d) =>
            run(
              'Conv2DBackpropFilter',
              { x: a, dy: d },
              { ...attrs, filterShape: [size, size, 3, 4] },
            ),
          [x, dy],
          1e-4,
        )
        const deep = floats([size, size, 3, 2])
        await compare(
          `${label}, depthwise`,
          (a, f) =>
            run(
              'DepthwiseConv2dNative',
              { x: a, filter: f },
              { ...attrs, strides: Array.isArray(strides) ? 1 : strides },
            ),
          [x, deep],
        )
        if (!Array.isArray(strides)) {
          const out = floats([...info.outShape.slice(0, 3), 6])
          await compare(
            `${label}, depthwise by input`,
            (d, f) =>
              run(
                'DepthwiseConv2dNativeBackpropInput',
                { dy: d, filter: f },
                { ...attrs, inputShape: [2, h, w, 3] },
              ),
            [out, deep],
          )
          await compare(
            `${label}, depthwise by filter`,
            (a, d) =>
              run(
                'DepthwiseConv2dNativeBackpropFilter',
                { x: a, dy: d },
                { ...attrs, filterShape: [size, size, 3, 2] },
              ),
            [x, out],
            1e-4,
          )
        }
      }
      expect(tf.memory().numTensors).toBe(0)
    })
  }
  it('dilated', async () => {
    const attrs = { strides: 1, pad: 'same', dataFormat: 'NHWC', dilations: 2 }
    await compare('conv', (x, filter) => run('Conv2D', { x, filter }, attrs), [
      floats([2, 9, 8, 3]),
      floats([3, 3, 3, 4]),
    ])
  })
  it('a chain, whose transposes cancel', () =>
    compare(
      'chain',
      (x, f, b, g) =>
        tf.conv2d(
          tf.relu(
            tf.add(tf.conv2d(x as tf.Tensor4D, f as tf.Tensor4D, 1, 'same'), b as Tensor),
          ) as tf.Tensor4D,
          g as tf.Tensor4D,
          2,
          'same',
        ),
      [floats([2, 8, 8, 3]), floats([3, 3, 3, 5]), floats([5]), floats([3, 3, 5, 2])],
    ))
  it('fused', () =>
    compare(
      'fused',
      (x, filter, bias) =>
        tf.fused.conv2d({
          x: x as tf.Tensor4D,
          filter: filter as tf.Tensor4D,
          bias: bias as Tensor,
          strides: 1,
          pad: 'same',
          activation: 'relu',
        }),
      [floats([2, 5, 5, 3]), floats([3, 3, 3, 4]), floats([4])],
    ))
  it('transposed', () =>
    compare(
      'conv2dTranspose',
      (x, f) => tf.conv2dTranspose(x as tf.Tensor4D, f as tf.Tensor4D, [2, 8, 8, 3], 2, 'same'),
      [floats([2, 4, 4, 5]), floats([4, 4, 3, 5])],
    ))
  it('three axes', async () => {
    for (const { strides, pad } of cases.slice(0, 4)) {
      const attrs = { strides, pad, dataFormat: 'NDHWC', dilations: 1 }
      const [x, filter] = [floats([2, 5, 6, 5, 2]), floats([3, 2, 3, 2, 3])]
      await compare('conv3d', (a, f) => run('Conv3D', { x: a, filter: f }, attrs), [x, filter])
      const info = tf.backend_util.computeConv3DInfo(
        [2, 5, 6, 5, 2],
        [3, 2, 3, 2, 3],
        strides as number,
        1,
        pad as never,
      )
      const dy = floats(info.outShape)
      await compare(
        'by input',
        (d, f) =>
          run(
            'Conv3DBackpropInputV2',
            { dy: d, filter: f },
            { ...attrs, inputShape: [2, 5, 6, 5, 2] },
          ),
        [dy, filter],
      )
      await compare(
        'by filter',
        (a, d) =>
          run(
            'Conv3DBackpropFilterV2',
            { x: a, dy: d },
            { ...attrs, filterShape: [3, 2, 3, 2, 3] },
          ),
        [x, dy],
        1e-4,
      )
    }
  })
})

describe('pools', () => {
  for (const { strides, pad } of cases.slice(0, 4)) {
    it(`${strides} ${pad}`, async () => {
      for (const size of [2, 3]) {
        const attrs = { filterSize: size, strides, pad }
        const x = floats([2, 7, 6, 3])
        const info = tf.backend_util.computePool2DInfo(
          [2, 7, 6, 3],
          size,
          strides as number,
          1,
          pad as never,
        )
        const dy = floats(info.outShape)
        await compare('max', (a) => run('MaxPool', { x: a }, attrs), [x])
        await compare('average', (a) => run('AvgPool', { x: a }, attrs), [x])
        for (const input of [
          x,
          {
            ...integers([2, 7, 6, 3], 0, 3),
            dtype: 'float32' as const,
            values: Float32Array.from(integers([2, 7, 6, 3], 0, 3).values),
          },
        ]) {
          await compare(
            'max gradient',
            (d, a) =>
              run(
                'MaxPoolGrad',
                { dy: d, input: a, output: run('MaxPool', { x: a }, attrs) },
                attrs,
              ),
            [dy, input],
          )
        }
        await compare(
          'average gradient',
          (d, a) => run('AvgPoolGrad', { dy: d, input: a }, attrs),
          [dy, x],
        )
      }
    })
  }
  it('three axes', async () => {
    const attrs = { filterSize: 2, strides: 2, pad: 'same', dataFormat: 'NDHWC' }
    const x = floats([1, 5, 4, 6, 2])
    const dy = floats([1, 3, 2, 3, 2])
    await compare('max', (a) => run('MaxPool3D', { x: a }, attrs), [x])
    await compare('average', (a) => run('AvgPool3D', { x: a }, attrs), [x])
    await compare(
      'max gradient',
      (d, a) =>
        run('MaxPool3DGrad', { dy: d, input: a, output: run('MaxPool3D', { x: a }, attrs) }, attrs),
      [dy, x],
    )
    await compare('average gradient', (d, a) => run('AvgPool3DGrad', { dy: d, input: a }, attrs), [
      dy,
      x,
    ])
  })
})

describe('images and normalisation', () => {
  it('resizes', async () => {
    for (const alignCorners of [false, true])
      for (const halfPixelCenters of [false, true]) {
        if (alignCorners && halfPixelCenters) continue
        for (const size of [
          [8, 10],
          [3, 2],
          [5, 4],
        ] as [number, number][]) {
          // Square: tfjs cpu exchanges height and width in the shape of the gradient.
          const x = floats([2, 5, 5, 3])
          const attrs = { alignCorners, halfPixelCenters, size }
          const label = `${alignCorners} ${halfPixelCenters} ${size}`
          await compare(`bilinear ${label}`, (images) => run('ResizeBilinear', { images }, attrs), [
            x,
          ])
          await compare(
            `nearest ${label}`,
            (images) => run('ResizeNearestNeighbor', { images }, attrs),
            [x],
          )
          if (halfPixelCenters) continue
          const dy = floats([2, ...size, 3])
          await compare(
            `bilinear gradient ${label}`,
            (images, d) => run('ResizeBilinearGrad', { images, dy: d }, { alignCorners }),
            [x, dy],
          )
          // One image: tfjs cpu reads the second one's gradient at the wrong place.
          await compare(
            `nearest gradient ${label}`,
            (images, d) => run('ResizeNearestNeighborGrad', { images, dy: d }, { alignCorners }),
            [floats([1, 5, 5, 3]), floats([1, ...size, 3])],
          )
        }
      }
  })
  it('normalises', async () => {
    await compare(
      'batchNorm',
      (x, m, v, o, s) =>
        tf.batchNorm(x as Tensor, m as never, v as never, o as never, s as never, 0.01),
      [floats([2, 3, 3, 4]), floats([4]), floats([4], 0.1, 2), floats([4]), floats([4])],
    )
    await compare('lrn', (x) => tf.localResponseNormalization(x as tf.Tensor4D, 2, 1, 0.5, 0.6), [
      floats([2, 2, 2, 7]),
    ])
    const attrs = { depthRadius: 2, bias: 1, alpha: 0.5, beta: 0.6 }
    await compare(
      'lrn gradient',
      (x, dy) => run('LRNGrad', { x, y: run('LRN', { x }, attrs), dy }, attrs),
      [floats([2, 2, 2, 7]), floats([2, 2, 2, 7])],
    )
  })
})
