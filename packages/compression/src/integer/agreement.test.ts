import { serialise, useBackend } from '@winnow/core'
import { afterAll, expect, test } from 'vitest'
import {
  checksum,
  DRAWN_CHECKSUM,
  drawnNetwork,
  floatOutputs,
  hyperDecoder,
  loaded,
  outputsOf,
  trainedStack,
} from './testing/networks.ts'

afterAll(async () => {
  await useBackend('cpu')
})

test('cpu, wasm and onnx give the same integers, where their floats differ', async () => {
  await useBackend('cpu')
  const stack = trainedStack()
  const network = await hyperDecoder(stack)
  const [expected, bytes, config] = [
    await outputsOf(network),
    await serialise(network),
    network.config,
  ]
  const floats = await floatOutputs()
  stack.dispose()
  network.dispose()
  expect(new Set(expected).size).toBeGreaterThan(500)
  for (const backend of ['wasm', 'onnx']) {
    await useBackend(backend)
    using again = loaded(config, bytes)
    expect(await outputsOf(again), backend).toEqual(expected)
    const others = await floatOutputs()
    expect(others.filter((value, i) => value !== floats[i]).length, backend).toBeGreaterThan(100)
  }
})

// The same number in agreement.browser.test.ts.
test.each(['cpu', 'wasm', 'onnx'])(
  '%s gives the integers that every machine gives',
  async (name) => {
    await useBackend(name)
    using network = drawnNetwork()
    await network.verify()
    expect(checksum(await outputsOf(network))).toBe(DRAWN_CHECKSUM)
  },
)
