/** `cpu`: plain JavaScript, anywhere, and the yardstick that the other backends are tested against. */
import { backend } from '@tensorflow/tfjs-core'
import type { BackendDriver } from '../driver.ts'
import { optionalPackage, startRegistered } from '../load.ts'

export const cpuDriver: BackendDriver = {
  name: 'cpu',
  async start() {
    await optionalPackage(
      '@tensorflow/tfjs-backend-cpu',
      () => import('@tensorflow/tfjs-backend-cpu'),
    )
    await startRegistered('cpu')
    // Silences the advertisement for another package that the backend prints when first used in Node.
    Object.assign(backend(), { firstUse: false })
    return { device: 'plain JavaScript' }
  },
}
