/**
 * A failure of the device beneath a backend, which `fit` and callers can tell from a mistake in what they passed.
 */
import { WinnowError } from '../error.ts'

/** What happened to a device. */
export interface DeviceFailure {
  /** The backend, by its name in `useBackend`. */
  readonly backend: string
  /** What the device said. */
  readonly reason: string
  /** True where no result on the device is valid any more; false where one operation was refused and the rest is sound. */
  readonly lost: boolean
}

/** Thrown by operations on a device that was lost, has failed, or refuses a size. */
export class DeviceError extends WinnowError {
  readonly failure: DeviceFailure

  constructor(message: string, failure: DeviceFailure, options?: ErrorOptions) {
    super(message, options)
    this.failure = failure
  }
}
