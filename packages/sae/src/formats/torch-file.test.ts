import { describe, expect, it } from 'vitest'
import { parsePickle } from './pickle.ts'
import { autoencoderFile, moduleFile, oldFile, viewsFile } from './testing/pytorch-files.ts'
import { floats, global, pickleOf, torchFile, whole } from './testing/torch-writer.ts'
import { readTorchFile } from './torch-file.ts'

const bytesOf = (base64: string): Uint8Array => new Uint8Array(Buffer.from(base64, 'base64'))
const read = async (bytes: Uint8Array): Promise<Record<string, [readonly number[], number[]]>> => {
  const found: Record<string, [readonly number[], number[]]> = {}
  for (const [name, tensor] of await readTorchFile(bytes, 'ae.pt')) {
    found[name] = [tensor.shape, Array.from(await tensor.values())]
  }
  return found
}

describe('readTorchFile', () => {
  it('reads a real file of PyTorch', async () => {
    const tensors = await read(bytesOf(autoencoderFile))
    expect(Object.entries(tensors).map(([name, [shape]]) => [name, shape])).toEqual([
      ['b_dec', [4]],
      ['k', []],
      ['threshold', []],
      ['decoder.weight', [4, 6]],
      ['encoder.weight', [6, 4]],
      ['encoder.bias', [6]],
    ])
    expect(tensors['k']?.[1]).toEqual([2])
    expect(tensors['threshold']?.[1]).toEqual([-1])
    // The encoder is a view of strides [1, 6]: the decoder's transpose.
    const decoder = tensors['decoder.weight']?.[1] as number[]
    const turned = Array.from({ length: 24 }, (_, i) => decoder[(i % 4) * 6 + Math.floor(i / 4)])
    expect(tensors['encoder.weight']?.[1]).toEqual(turned)
  })

  it('reads views, offsets and every type as PyTorch wrote them', async () => {
    const { turned, part, half, brain, long, double, bool, scalar, parameter, empty } = await read(
      bytesOf(viewsFile),
    )
    const big = Array.from({ length: 40 }, (_, i) => i)
    expect(turned).toEqual([[8, 5], big.map((_, i) => (i % 5) * 8 + Math.floor(i / 5))])
    expect(part).toEqual([
      [3, 3],
      [10, 12, 14, 18, 20, 22, 26, 28, 30],
    ])
    for (const [i, value] of (half?.[1] ?? []).entries()) expect(value).toBeCloseTo(i / 3, 2)
    expect(brain?.[0]).toEqual([2, 8])
    for (const [i, value] of (brain?.[1] ?? []).entries()) {
      expect(Math.abs(value / ((i + 8) / 3) - 1)).toBeLessThan(2 ** -8)
    }
    expect(long).toEqual([[6], [-3, -2, -1, 0, 1, 2]])
    expect(double).toEqual([[1], [1 / 3]])
    expect(bool).toEqual([[2], [1, 0]])
    expect(scalar).toEqual([[], [7]])
    expect(parameter).toEqual([[2], [1, 1]])
    expect(empty).toEqual([[0, 3], []])
  })

  it('reads entries that are deflated', async () => {
    const tensors = { a: floats(Array(100).fill(1.5), [10, 10]), k: whole(3) }
    expect(await read(torchFile(tensors, { deflated: true }))).toEqual(
      await read(torchFile(tensors)),
    )
    expect((await read(torchFile(tensors)))['a']).toEqual([[10, 10], Array(100).fill(1.5)])
  })

  const refuse = async (bytes: Uint8Array, message: string | RegExp): Promise<void> => {
    await expect(read(bytes)).rejects.toThrow(message)
  }

  it('refuses everything that a dictionary of tensors does not need, by name', async () => {
    await refuse(bytesOf(moduleFile), /names '__main__\.AutoEncoderTopK'.*nothing was executed/)
    const call = (module: string, name: string): Uint8Array =>
      Uint8Array.from([0x80, 2, ...global(module, name), 0x58, 1, 0, 0, 0, 0x6c, 0x85, 0x52, 0x2e])
    for (const [module, name] of [
      ['os', 'system'],
      ['builtins', 'eval'],
      ['collections', 'defaultdict'],
      ['torch', 'load'],
      ['torch', 'FloatStorageX'],
      ['torch._utils', '_rebuild_sparse_tensor'],
    ] as const) {
      await refuse(torchFile({}, { pickle: call(module, name) }), `names '${module}.${name}'`)
    }
    await refuse(torchFile({}, { pickle: call('collections', 'OrderedDict') }), 'does not take')
    const stack = [0x8c, 2, 0x6f, 0x73, 0x8c, 6, ...new TextEncoder().encode('system'), 0x93]
    await refuse(
      torchFile({}, { pickle: Uint8Array.from([0x80, 4, ...stack, 0x2e]) }),
      "'os.system'",
    )
    // INST and OBJ, which make objects.
    for (const code of [0x69, 0x6f, 0x81, 0x92, 0x82]) {
      await refuse(torchFile({}, { pickle: Uint8Array.of(0x80, 2, code, 0x2e) }), 'is not known')
    }
  })

  it.each<[string, Parameters<typeof floats>[1], object]>([
    ['does not fit its storage of 6 values', [2, 3], { offset: 1 }],
    ['does not fit its storage of 6 values', [7], {}],
    ['does not fit its storage of 6 values', [2, 3], { strides: [4, 1] }],
    ['does not fit its storage of 6 values', [1000, 1000], { strides: [0, 0] }],
    ['its storage has 24 bytes, expected 28', [2, 3], { length: 7 }],
    ['its storage has 24 bytes, expected 48', [2, 3], { type: 'Double' }],
  ])('a view that %s is refused (shape %j, %j)', async (message, shape, changes) => {
    await refuse(torchFile({ a: { ...floats([1, 2, 3, 4, 5, 6], shape), ...changes } }), message)
  })

  it('refuses other files', async () => {
    await refuse(bytesOf(oldFile), 'from before PyTorch 1.6')
    await refuse(new Uint8Array(), 'not a file of torch.save')
    const whole = torchFile({ a: floats([1], [1]) })
    await refuse(whole.subarray(0, whole.length - 30), 'no directory at its end')
    await refuse(torchFile({ a: floats([1], [1]) }, { byteOrder: 'big' }), "byte order is 'big'")
    const flipped = torchFile({ a: floats([1.5], [1]) })
    const place = flipped.findIndex((byte, i) => byte === 0xc0 && flipped[i + 1] === 0x3f)
    flipped[place] = 0xc1
    await refuse(flipped, /'ae\/data\/0' is broken: its checksum/)
    const huge = torchFile({ a: floats(Array(50).fill(1), [50]) }, { deflated: true })
    const directory = Buffer.from(huge.buffer).lastIndexOf(Buffer.from('ae/data/0')) - 46
    new DataView(huge.buffer).setUint32(directory + 24, 2 ** 31, true)
    await refuse(
      huge,
      /'ae\/data\/0' declares 2147483648 bytes in \d+, which the file does not hold/,
    )
    const list = Uint8Array.from([0x80, 2, 0x5d, 0x2e])
    await refuse(torchFile({}, { pickle: list }), 'holds no dictionary of tensors')
    const cut = pickleOf({ a: floats([1], [1]) }).subarray(0, 60)
    await refuse(torchFile({}, { pickle: cut }), 'it is cut off')
  })
})

describe('parsePickle', () => {
  it('reads plain data of all kinds', () => {
    const bytes = [0x80, 4, 0x95, ...Array(8).fill(0), 0x5d, 0x94, 0x28, 0x4b, 1, 0x4e, 0x88, 0x89]
    bytes.push(0x4d, 0x2c, 1, 0x4a, 0xfb, 0xff, 0xff, 0xff, 0x8a, 6, 0, 0, 0, 0, 0, 1)
    bytes.push(
      0x47,
      0x40,
      0x04,
      0,
      0,
      0,
      0,
      0,
      0,
      0x8c,
      1,
      0x78,
      0x7d,
      0x8c,
      1,
      0x79,
      0x4b,
      2,
      0x73,
    )
    bytes.push(0x65, 0x68, 0, 0x86, 0x2e)
    const list = [1, null, true, false, 300, -5, 2 ** 40, 2.5, 'x', new Map([['y', 2]])]
    expect(() => parsePickle(Uint8Array.from(bytes), 'p')).not.toThrow()
    expect(parsePickle(Uint8Array.from(bytes), 'p')).toEqual([list, list])
  })
})
