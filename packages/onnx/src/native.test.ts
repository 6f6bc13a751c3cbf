import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

// How ONNX Runtime is found, as it is installed and as it might be.

const found = vi.hoisted(() => ({ require: vi.fn() }))
vi.mock('node:module', async (original) => ({
  ...(await original<object>()),
  createRequire: () => found.require,
}))

class Session {
  run(): void {}
  loadModel(): void {}
}

beforeEach(() => {
  vi.resetModules()
})
afterEach(() => {
  vi.doUnmock('onnxruntime-node')
})

const loadNative = async () => (await import('./native.ts')).loadNative()
const sound = { binding: { InferenceSession: Session }, initOrt: () => undefined }

describe('loadNative', () => {
  it('takes the binding below the public interface', async () => {
    found.require.mockReturnValue(sound)
    const { ort, binding } = await loadNative()
    expect(typeof ort.InferenceSession.create).toBe('function')
    expect(binding).toBe(sound)
    expect(found.require).toHaveBeenCalledWith('onnxruntime-node/dist/binding.js')
  })

  it.each([
    ['without sessions', { ...sound, binding: {} }],
    ['without its start', { binding: sound.binding }],
    ['with other methods', { ...sound, binding: { InferenceSession: class {} } }],
  ])('does without a binding %s', async (_, binding) => {
    found.require.mockReturnValue(binding)
    expect((await loadNative()).binding).toBeUndefined()
  })

  it('does without a binding that has moved', async () => {
    found.require.mockImplementation(() => {
      throw new Error('Cannot find module')
    })
    expect((await loadNative()).binding).toBeUndefined()
  })

  it('says what to install where the package does not load', async () => {
    vi.doMock('onnxruntime-node', () => {
      throw new Error('libonnxruntime.so: cannot open shared object file')
    })
    const attempt = loadNative()
    await expect(attempt).rejects.toThrow(
      'the onnx backend needs the package onnxruntime-node (npm install onnxruntime-node@',
    )
    await expect(attempt).rejects.toMatchObject({ name: 'WinnowError' })
  })
})
