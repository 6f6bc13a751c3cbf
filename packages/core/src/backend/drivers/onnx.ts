/** `onnx`: compiled steps on ONNX Runtime, through the package `@winnow/onnx`. */
import { check } from '../../error.ts'
import type { BackendDriver, BackendOptions, StartedBackend } from '../driver.ts'
import { runsInNode } from '../driver.ts'
import { nodePackage } from '../load.ts'

/** What `@winnow/onnx` exports for this driver: registers the tfjs backend `onnx` and makes it the active one. */
export interface OnnxPackage {
  activate?: (options: BackendOptions) => Promise<StartedBackend>
}

export const onnxDriver: BackendDriver = {
  name: 'onnx',
  async start(options) {
    check(runsInNode(), () => 'it runs in Node only')
    const { activate } = await nodePackage<OnnxPackage>('@winnow/onnx')
    check(
      typeof activate === 'function',
      () => 'this version of @winnow/onnx cannot run graphs yet',
    )
    return activate(options)
  },
}
