/**
 * Whole training steps as `fit` makes them: one call of `fit` that is held at the end of a step until more are asked
 * for. A step's time runs from its release to the next step's end: batch, update and the read of the loss.
 */
import { type ArrayDataset, adam, Batches, fit } from '../packages/core/src/index.ts'
import type { Profiler } from './profile/profiler.ts'
import type { ProfileLine, RunAnswer } from './protocol.ts'
import type { Work } from './serve.ts'
import { LEARNING_RATE, type Training } from './training.ts'

/**
 * A first epoch of one batch and a second without end: what `fit` does once an epoch (checks of the data, a look for
 * dead units) falls among the steps that warm up, as it would be lost among the hundreds of a real epoch.
 */
function endless(data: ArrayDataset, size: number): Batches {
  const passes = data.shuffle().batch(size)
  return new Batches(
    async function* (key, epoch) {
      for (let pass = 0; ; pass++) {
        for await (const batch of passes.epoch(key, pass)) {
          yield batch
          if (epoch === 0) return
        }
      }
    },
    { size, length: undefined, rng: undefined },
  )
}

export class FitSteps implements Work {
  readonly #training: Training
  readonly #profiler: Profiler | undefined
  readonly #abort = new AbortController()
  #finished: Promise<unknown> | undefined
  #samples: number[] = []
  #losses: number[] = []
  #wanted = 0
  #released = 0
  #release: () => void = () => undefined
  #done: (answer: RunAnswer) => void = () => undefined
  #failed: (reason: unknown) => void = () => undefined

  constructor(training: Training, profiler?: Profiler) {
    this.#training = training
    this.#profiler = profiler
  }

  run(count: number): Promise<RunAnswer> {
    this.#samples = []
    this.#losses = []
    this.#wanted = count
    return new Promise((resolve, reject) => {
      this.#done = resolve
      this.#failed = reject
      this.#released = performance.now()
      if (this.#finished === undefined)
        this.#finished = this.#fit().catch((thrown) => this.#failed(thrown))
      else this.#release()
    })
  }

  /** To be asked of a new one: its first step is looked at as well. */
  async profile(count: number): Promise<readonly ProfileLine[]> {
    const first = await this.run(1)
    this.#profiler?.first?.(first.milliseconds[0] as number)
    await this.run(2)
    this.#profiler?.start()
    const { milliseconds } = await this.run(count)
    const lines = this.#profiler?.stop(count) ?? []
    const whole = milliseconds.reduce((a, b) => a + b, 0) / count
    return [{ name: 'whole step (while watched)', milliseconds: whole }, ...lines]
  }

  async dispose(): Promise<void> {
    this.#failed = () => undefined
    this.#abort.abort()
    this.#release()
    await this.#finished
  }

  async #fit(): Promise<void> {
    const { model, data, batch, prepare } = this.#training
    const batches = endless(data, batch)
    await fit(model, prepare?.(batches) ?? batches, {
      epochs: 2,
      optimizer: adam({ learningRate: LEARNING_RATE }),
      callbacks: [{ onStep: ({ metrics }) => this.#stepped(metrics['loss'] ?? Number.NaN) }],
      signal: this.#abort.signal,
    })
  }

  #stepped(loss: number): void | Promise<void> {
    const now = performance.now()
    this.#samples.push(now - this.#released)
    this.#losses.push(loss)
    if (this.#samples.length < this.#wanted) {
      this.#released = now
      return
    }
    return new Promise((resolve) => {
      this.#release = resolve
      this.#done({ milliseconds: this.#samples, loss: this.#losses[0] as number })
    })
  }
}
