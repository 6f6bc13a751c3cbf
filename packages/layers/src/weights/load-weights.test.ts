import '@tensorflow/tfjs-backend-cpu'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import {
  type CheckpointTensor,
  Module,
  Parameter,
  State,
  slots,
  writeSafetensors,
} from '@winnow/core'
import { describe, expect, test } from 'vitest'
import { valuesOf } from '../testing/values.ts'
import { parts, patchKernel, transposed, withoutAxes } from './arrays.ts'
import { loadWeights } from './load-weights.ts'
import { inside, type WeightMapping, weightAndBias } from './mapping.ts'

class Small extends Module {
  readonly layers: readonly { readonly weight: Parameter; readonly bias: Parameter }[]
  readonly counts: State
  readonly tied: Parameter

  constructor() {
    super()
    const layer = (): { weight: Parameter; bias: Parameter } => ({
      weight: new Parameter(tf.zeros([2, 3])),
      bias: new Parameter(tf.zeros([3])),
    })
    this.layers = [layer(), layer()]
    this.counts = new State(tf.zeros([2], 'int32'))
    this.tied = (this.layers[1] as { weight: Parameter }).weight
  }
}

function floats(shape: readonly number[], first = 0): CheckpointTensor {
  const length = shape.reduce((a, b) => a * b, 1)
  return { dtype: 'F32', shape, data: Float32Array.from({ length }, (_, i) => first + i) }
}

const mapping: WeightMapping = {
  name: 'small',
  prefixes: ['net.'],
  rules: [
    ...weightAndBias('block{0}.dense', 'layers.{0}', transposed),
    { from: ['counters', 'counts'], to: 'counts' },
  ],
  ignore: ['head.*', 'block{0}.mask'],
}

function file(): Map<string, CheckpointTensor> {
  return new Map<string, CheckpointTensor>([
    ['block0.dense.weight', floats([3, 2])],
    ['block0.dense.bias', floats([3], 10)],
    ['net.block1.dense.weight', floats([3, 2], 20)],
    ['net.block1.dense.bias', { dtype: 'F64', shape: [3], data: Float64Array.of(1, 2, 3) }],
    ['counters', { dtype: 'I64', shape: [2], data: BigInt64Array.of(7n, 8n) }],
    ['head.any.thing', floats([4])],
    ['block1.mask', floats([1])],
  ])
}

const snapshot = (module: Module): number[][] =>
  [...slots(module).values()].map(({ slot }) => valuesOf(slot.value))

describe('loads', () => {
  test('renamed, transposed, from 64-bit numbers; says what came of it', async () => {
    const small = new Small()
    expect(await loadWeights(small, file(), mapping)).toEqual({
      loaded: ['layers.0.weight', 'layers.0.bias', 'layers.1.weight', 'layers.1.bias', 'counts'],
      kept: [],
      ignored: ['head.any.thing', 'block1.mask'],
    })
    expect(snapshot(small)).toEqual([
      [0, 2, 4, 1, 3, 5],
      [10, 11, 12],
      [20, 22, 24, 21, 23, 25],
      [1, 2, 3],
      [7, 8],
    ])
    expect(small.counts.value.dtype).toBe('int32')
  })

  test('from a path and from bytes, half precision as float32', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'winnow-weights-'))
    try {
      const halves = file().set('block0.dense.bias', {
        dtype: 'F16',
        shape: [3],
        data: Float32Array.of(0.5, -2, 0.1),
      })
      const bytes = writeSafetensors(halves)
      const path = join(folder, 'small.safetensors')
      await writeFile(path, bytes)
      for (const source of [path, bytes]) {
        const small = new Small()
        await loadWeights(small, source, mapping)
        const [half, minus, tenth] = valuesOf(small.layers[0]?.bias.value as tf.Tensor)
        expect([half, minus]).toEqual([0.5, -2])
        expect(tenth).toBeCloseTo(0.1, 4)
      }
      const broken = join(folder, 'broken.safetensors')
      await writeFile(broken, bytes.subarray(0, bytes.length - 5))
      await expect(loadWeights(new Small(), broken, mapping)).rejects.toThrow(
        'broken.safetensors: ',
      )
      const absent = join(folder, 'absent.safetensors')
      await expect(loadWeights(new Small(), absent, mapping)).rejects.toThrow(
        'there is no such file',
      )
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  test('the same names by default, also by an alias; one of the two is enough', async () => {
    const tensors = new Map<string, CheckpointTensor>([
      ['layers.0.weight', floats([2, 3])],
      ['layers.0.bias', floats([3])],
      ['tied', floats([2, 3], 5)],
      ['layers.1.bias', floats([3])],
      ['counts', { dtype: 'I32', shape: [2], data: Int32Array.of(1, 2) }],
    ])
    const small = new Small()
    await loadWeights(small, tensors)
    expect(valuesOf(small.tied.value)).toEqual([5, 6, 7, 8, 9, 10])
    await expect(
      loadWeights(small, tensors.set('layers.1.weight', floats([2, 3]))),
    ).rejects.toThrow('not expected: layers.1.weight (layers.1.weight is filled by tied)')
  })

  test('slots that may keep their values', async () => {
    const small = new Small()
    small.layers[1]?.bias.assign(tf.tensor1d([4, 5, 6]))
    const tensors = file()
    tensors.delete('net.block1.dense.bias')
    tensors.delete('counters')
    const lenient = { ...mapping, keep: ['layers.*.bias', 'counts'] }
    const { kept } = await loadWeights(small, tensors, lenient)
    expect(kept).toEqual(['layers.1.bias', 'counts'])
    expect(snapshot(small)[3]).toEqual([4, 5, 6])
  })
})

describe('refuses, and changes nothing', () => {
  async function messageOf(
    tensors: Map<string, CheckpointTensor>,
    rules = mapping,
  ): Promise<string> {
    const small = new Small()
    const before = snapshot(small)
    const count = tf.memory().numTensors
    const message = await loadWeights(small, tensors, rules, { name: 'small.safetensors' }).then(
      () => 'loaded',
      (error: Error) => `${error.name}: ${error.message}`,
    )
    expect(tf.memory().numTensors).toBe(count)
    expect(snapshot(small)).toEqual(before)
    small.dispose()
    return message
  }

  test('everything that is wrong, at once', async () => {
    const tensors = file()
      .set('block0.dense.bias', floats([4]))
      .set('block2.dense.bias', floats([3]))
      .set('extra', floats([1]))
    tensors.delete('net.block1.dense.weight')
    expect(await messageOf(tensors)).toBe(
      "WinnowError: small.safetensors: does not fit this Small by the mapping 'small': " +
        'missing: layers.1.weight (block1.dense.weight); ' +
        'not expected: block2.dense.bias (the module has no layers.2.bias), extra; ' +
        'of another shape: layers.0.bias: [4] of block0.dense.bias makes [4], expected [3]',
    )
  })

  test('a weight that was not transposed, or is no matrix', async () => {
    expect(await messageOf(file().set('block0.dense.weight', floats([2, 3])))).toContain(
      'of another shape: layers.0.weight: [2,3] of block0.dense.weight makes [3,2], expected [2,3]',
    )
    expect(await messageOf(file().set('block0.dense.weight', floats([6])))).toContain(
      'of another shape: block0.dense.weight: a shape of [6] came, expected [outputs, inputs]',
    )
  })

  test('the same slot twice, and a rule whose conversion makes too many', async () => {
    expect(await messageOf(file().set('net.block0.dense.bias', floats([3])))).toContain(
      'not expected: net.block0.dense.bias (layers.0.bias is filled by block0.dense.bias)',
    )
    const wrong = {
      ...mapping,
      rules: [{ from: 'counters', to: 'counts', convert: parts(2, 0) }, ...mapping.rules],
    }
    expect(await messageOf(file(), wrong)).toContain('counters: made into 2 arrays, expected 1')
  })

  test('long lists are cut', async () => {
    const tensors = file()
    for (let i = 0; i < 9; i++) tensors.set(`other${i}`, floats([1]))
    expect(await messageOf(tensors)).toContain('other3, other4 and 4 more')
  })

  test("PyTorch's own files, by name", async () => {
    const zip = Uint8Array.of(0x50, 0x4b, 3, 4, 0, 0, 0, 0, 0, 0)
    await expect(loadWeights(new Small(), zip, mapping)).rejects.toThrow(
      'weights: a PyTorch checkpoint came, expected safetensors',
    )
    await expect(loadWeights(new Small(), {} as Uint8Array, mapping)).rejects.toThrow(
      'loadWeights: source: object came',
    )
  })
})

describe('conversions', () => {
  const numbers = (shape: number[]): { shape: readonly number[]; data: Float32Array } =>
    floats(shape) as { shape: readonly number[]; data: Float32Array }

  test('a patch kernel becomes a matrix over (row, column, channel)', () => {
    // [outputs 2, channels 3, rows 2, columns 2]
    const [matrix] = patchKernel(numbers([2, 3, 2, 2]))
    expect(matrix?.shape).toEqual([12, 2])
    const at = (o: number, c: number, r: number, k: number): number => ((o * 3 + c) * 2 + r) * 2 + k
    for (let r = 0; r < 2; r++) {
      for (let k = 0; k < 2; k++) {
        for (let c = 0; c < 3; c++) {
          for (let o = 0; o < 2; o++) {
            expect(matrix?.data[((r * 2 + k) * 3 + c) * 2 + o]).toBe(at(o, c, r, k))
          }
        }
      }
    }
  })

  test('parts along the first and the last axis', () => {
    expect(parts(2, 0)(numbers([4, 1])).map(({ data }) => [...data])).toEqual([
      [0, 1],
      [2, 3],
    ])
    expect(parts(3, 1)(numbers([2, 3])).map(({ data }) => [...data])).toEqual([
      [0, 3],
      [1, 4],
      [2, 5],
    ])
    expect(() => parts(3, 0)(numbers([4]))).toThrow('expected axis 0 to be divisible by 3')
    expect(() => withoutAxes(1)(numbers([2, 3]))).toThrow('expected it to begin with [1]')
  })

  test('rules for a module inside another', () => {
    expect(inside('net', [{ from: 'a{0}', to: ['b{0}', 'c'] }])).toEqual([
      { from: 'a{0}', to: ['net.b{0}', 'net.c'] },
    ])
  })
})
