import { engine, getBackend } from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { backends, useBackend } from './use-backend.ts'

// Chromium offers a software adapter here: right for correctness, no measure of speed. Reads are asynchronous only.

// Vite knows the address of a file, not of a folder.
const wasmPackage = new URL(
  '../../node_modules/@tensorflow/tfjs-backend-wasm/dist/index.js',
  import.meta.url,
)
const wasmFiles = new URL('.', wasmPackage).href

const software = { name: 'webgpu', software: true }

describe('the choice in a browser', () => {
  test('a software adapter is refused with the reason, and wasm or cpu is taken', async () => {
    const found = await useBackend({ order: ['webgpu', 'cpu'] })
    expect(found.name).toBe('cpu')
    expect(found.refused).toHaveLength(1)
    expect(found.refused[0]?.reason).toMatch(/the only adapter runs on the CPU .*swiftshader/)
    await expect(useBackend('webgpu')).rejects.toThrow(/pass { software: true } to use it/)
    expect(getBackend()).toBe('cpu')
  })

  test('it is taken where it is asked for, and kept when asked again', async () => {
    const found = await useBackend(software)
    expect(found).toMatchObject({ name: 'webgpu', reason: 'asked for by name' })
    expect(found.device).toMatch(/swiftshader/i)
    const instance = engine().backend
    await useBackend(software)
    expect(engine().backend).toBe(instance)
  })

  test('what needs Node says so', async () => {
    await expect(useBackend('cuda')).rejects.toThrow('it runs in Node only')
    await expect(useBackend('onnx')).rejects.toThrow('it runs in Node only')
  })

  test('wasm starts where its files are', async () => {
    const found = await useBackend({ name: 'wasm', wasmPaths: wasmFiles })
    expect(found.name).toBe('wasm')
    const table = await backends({ order: ['webgpu', 'wasm', 'cpu'] })
    expect(table.map(({ name, available }) => [name, available])).toEqual([
      ['webgpu', false],
      ['wasm', true],
      ['cpu', true],
    ])
    expect(getBackend()).toBe('wasm')
  })
})
