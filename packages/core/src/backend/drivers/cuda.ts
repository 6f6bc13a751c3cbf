/**
 * `cuda`: TensorFlow's native library through `@tensorflow/tfjs-node-gpu` (TensorFlow 2.9, CUDA 11.2, cuDNN 8.1), for
 * those who have it installed. Its choice and refusal are tested; it has not been run on hardware by us.
 */

import { check } from '../../error.ts'
import type { BackendDriver } from '../driver.ts'
import { runsInNode } from '../driver.ts'
import { nodePackage, startRegistered } from '../load.ts'

interface LegacyUtilities {
  isNullOrUndefined?: (value: unknown) => boolean
}

export const cudaDriver: BackendDriver = {
  name: 'cuda',
  async start() {
    check(runsInNode(), () => 'it runs in Node only')
    // Node 23 dropped a function that the package still calls (tensorflow/tfjs#8425: mended, never released).
    const { default: legacy } = await nodePackage<{ default: LegacyUtilities }>('node:util')
    legacy.isNullOrUndefined ??= (value) => value === null || value === undefined
    await nodePackage('@tensorflow/tfjs-node-gpu')
    await startRegistered('tensorflow')
    return { device: 'CUDA through TensorFlow' }
  },
}
