/**
 * `fit` trains a module that is its own objective: batches in, compiled steps, validation, callbacks, history out.
 */
import { DeviceError } from '../backend/device-error.ts'
import { prepareBackend } from '../backend/prepare.ts'
import type { DataSource } from '../data/as-batches.ts'
import { checkOptions, type FitOptions } from './fit-options.ts'
import type { Batch, Trainable } from './objective.ts'
import { type Run, TrainingRun } from './training-run.ts'

/**
 * Trains `objective` on `data`.
 *
 * @throws WinnowError for empty data, a loss that is not finite (it says where), and bad options; a {@link DeviceError}
 *   naming the step where the device beneath the backend failed and the run does not go on (`onDeviceLost`)
 */
export async function fit<B extends Batch>(
  objective: Trainable<B>,
  data: DataSource,
  options: FitOptions,
): Promise<Run> {
  checkOptions(options)
  prepareBackend()
  using run = new TrainingRun<B>(objective, data, options)
  for (;;) {
    try {
      await run.begin()
      return await run.train()
    } catch (error) {
      if (!(error instanceof DeviceError)) throw error
      const { message, failure } = error
      const placed = `fit: ${run.place}: ${message}`
      await run.replaceDevice(new DeviceError(placed, failure, { cause: error }))
    }
  }
}
