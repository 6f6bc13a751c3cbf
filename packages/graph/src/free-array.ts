/**
 * Gives the memory of an array back at once. What a step makes and drops (its gradients) would otherwise wait for the
 * garbage collector, which each step's megabytes call up again and again.
 */
import type { HostArray } from './element.ts'

/** Smaller arrays are not worth the call. */
const smallest = 2 ** 14

let port: MessagePort | undefined

/** Detaches the array's buffer, which nobody may use any more. Its length is 0 afterwards. */
export function freeArray(array: HostArray): void {
  const buffer = array.buffer as ArrayBuffer & { transfer?: (length: number) => ArrayBuffer }
  if (array.byteLength < smallest || array.byteLength !== buffer.byteLength) return
  if (typeof buffer.transfer === 'function') {
    buffer.transfer(0)
    return
  }
  // Before Node 22 only a transfer detaches: a message to nobody.
  if (port === undefined) {
    const channel = new MessageChannel()
    channel.port2.close()
    channel.port1.close()
    port = channel.port1
  }
  port.postMessage(null, [buffer])
}
