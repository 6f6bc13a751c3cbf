import { serialise, useBackend } from '@winnow/core'
import { expect, test } from 'vitest'
import {
  checksum,
  DRAWN_CHECKSUM,
  drawnNetwork,
  hyperDecoder,
  loaded,
  outputsOf,
  trainedStack,
} from './testing/networks.ts'

const wasmPackage = new URL(
  '../../../../node_modules/@tensorflow/tfjs-backend-wasm/dist/index.js',
  import.meta.url,
)
const wasmPaths = new URL('.', wasmPackage).href

test('WebGPU (a software adapter) and cpu give the same integers', async () => {
  await useBackend('cpu')
  const stack = trainedStack()
  const network = await hyperDecoder(stack)
  const [expected, bytes, config] = [
    await outputsOf(network),
    await serialise(network),
    network.config,
  ]
  stack.dispose()
  network.dispose()
  expect((await useBackend({ name: 'webgpu', software: true })).name).toBe('webgpu')
  using again = loaded(config, bytes)
  expect(await outputsOf(again)).toEqual(expected)
})

// The same number in agreement.test.ts: what Node computes.
test.each(['webgpu', 'wasm', 'cpu'])(
  '%s gives the integers that every machine gives',
  async (name) => {
    await useBackend({ name, software: true, wasmPaths })
    using network = drawnNetwork()
    expect(checksum(await outputsOf(network))).toBe(DRAWN_CHECKSUM)
  },
)
