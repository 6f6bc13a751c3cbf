import type { Tensor } from '@tensorflow/tfjs-core'
import { add, backend, clone, engine, setBackend, tensor } from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-backend-wasm'
import { beforeAll, expect, test } from 'vitest'
import { prepareBackend } from '../prepare.ts'
import { installReplacements, removeReplacements } from './replacement.ts'
import { wasmIdentity } from './wasm-identity.ts'

beforeAll(async () => {
  await setBackend('wasm')
  prepareBackend()
})

test('a clone shares its values and outlives the original', async () => {
  const buffers = backend().numDataIds()
  const bytes = engine().memory().numBytes
  const x = tensor([1, 2, 3])
  const copy = clone(x)
  expect(backend().numDataIds() - buffers).toBe(1)
  x.dispose()
  const next = tensor([7, 8, 9])
  expect(Array.from(await copy.data())).toEqual([1, 2, 3])
  const sum: Tensor = add(copy, next)
  expect(Array.from(await sum.data())).toEqual([8, 10, 12])
  for (const t of [copy, next, sum]) t.dispose()
  expect(backend().numDataIds()).toBe(buffers)
  expect(engine().memory().numBytes).toBe(bytes)
})

test('is needed: the stock kernel copies', () => {
  removeReplacements([wasmIdentity])
  const buffers = backend().numDataIds()
  const x = tensor([1, 2, 3])
  const copy = clone(x)
  expect(backend().numDataIds() - buffers).toBe(2)
  x.dispose()
  copy.dispose()
  installReplacements([wasmIdentity])
})
