/**
 * What goes on with a run whose device was lost: the same backend anew, or the next.
 */
import { DeviceError } from '../backend/device-error.ts'
import { firstLine } from '../backend/load.ts'
import { replaceBackend } from '../backend/replace.ts'

/** Where the run was. */
export interface LostPlace {
  /** In words: `at step 7`. */
  readonly place: string
  /** Whether it has a checkpoint. */
  readonly kept: boolean
  /** Whether it has saved one since it began, or went on. */
  readonly advanced: boolean
}

/** Replaces the devices that one run loses. */
export class Replacements {
  /** Backends whose device was lost before the run came any further with it. */
  readonly #givenUp: string[] = []

  /**
   * Activates a backend to go on with.
   *
   * @returns what to warn of, from the step that the run goes on from
   * @throws DeviceError, the one given with the reason, where there is no checkpoint to go on from or nothing to go on with
   */
  async replace(error: DeviceError, run: LostPlace): Promise<(step: number) => string> {
    const { backend, reason } = error.failure
    const because = (words: string): DeviceError =>
      new DeviceError(`${error.message} ${words}`, error.failure, { cause: error })
    if (!run.kept) throw because('There was no checkpoint yet to go on from.')
    if (this.#givenUp.includes(backend)) {
      throw because(
        'A tensor that lay on it is needed still, and is no Parameter or State of the checkpoint.',
      )
    }
    // A device that is lost at the same place again would be lost there for ever.
    if (!run.advanced) this.#givenUp.push(backend)
    try {
      const { name, device } = await replaceBackend(backend, this.#givenUp)
      return (step) =>
        `${backend}: ${reason}, ${run.place}; the run goes on from step ${step} on ${name} (${device})`
    } catch (thrown) {
      throw because(`Nothing is left to go on with: ${firstLine(thrown)}.`)
    }
  }
}
