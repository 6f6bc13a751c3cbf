/** `wasm`: SIMD on the processor, in browsers and in Node (there on one thread: tensorflow/tfjs#3830). */
import { engine, env } from '@tensorflow/tfjs-core'
import { WinnowError } from '../../error.ts'
import type { BackendDriver } from '../driver.ts'
import { firstLine, optionalPackage, startRegistered } from '../load.ts'

export const wasmDriver: BackendDriver = {
  name: 'wasm',
  async start({ wasmPaths }) {
    const wasm = await optionalPackage(
      '@tensorflow/tfjs-backend-wasm',
      () => import('@tensorflow/tfjs-backend-wasm'),
    )
    const started = 'wasm' in engine().registry
    if (wasmPaths !== undefined && !started) wasm.setWasmPaths(wasmPaths as string)
    try {
      await startRegistered('wasm')
    } catch (cause) {
      const hint =
        wasmPaths === undefined ? ' (the option wasmPaths says where the .wasm files are)' : ''
      throw new WinnowError(`${firstLine(cause)}${hint}`, { cause })
    }
    const threads = wasm.getThreadsCount()
    const simd = (await env().getAsync('WASM_HAS_SIMD_SUPPORT')) ? 'SIMD' : 'no SIMD'
    return { device: `${simd}, ${threads} thread${threads === 1 ? '' : 's'}` }
  },
}
