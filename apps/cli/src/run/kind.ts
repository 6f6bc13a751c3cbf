/**
 * A kind of run: what one model family adds to what every training command does. `train.ts` does the rest: data, plan,
 * checkpoint, progress, Ctrl-C, the folder.
 */
import type {
  ArrayDataset,
  Batches,
  FitCallbacks,
  FitOptions,
  History,
  Normalisation,
  Optimizer,
  Trainable,
} from '@winnow/core'
import type { Fields } from './json.ts'

/** The options that every training command has, as commander gives them. */
export interface RunSettings {
  readonly data: string
  readonly epochs?: number
  readonly steps?: number
  readonly minutes?: number
  readonly batch: number
  readonly learningRate: number
  readonly seed: number
  readonly size?: number
  readonly backend?: string
  readonly software?: boolean
  readonly out?: string
  /** The folder of an interrupted run, whose own settings then hold. */
  readonly resume?: string
}

/** Data cut into what trains, what is watched after each epoch, and what is held out for the end. */
export interface RunData {
  readonly name: string
  readonly training: Batches
  readonly trainingItems: number
  readonly stepsPerEpoch: number
  readonly validation: ArrayDataset
  readonly test: ArrayDataset
  readonly input: readonly number[]
  /** What the data went through; undefined where nothing was done. */
  readonly normalisation: Normalisation | undefined
}

/** What `fit` is told besides what every run tells it. */
export interface FitParts {
  readonly optimizer: Optimizer
  readonly scalars?: NonNullable<FitOptions['scalars']>
}

/** A measurement that goes on beside the training, such as a probe every so many steps. */
export interface Watch extends FitCallbacks {
  /** What `history.json` keeps of it, and the pictures are given. */
  readonly record: unknown
}

/** See the top of the file. */
export interface RunKind<
  Settings extends RunSettings,
  Model extends Trainable,
  Measures,
  Data extends RunData = RunData,
> {
  /** What stands behind `winnow train`: `vae`. */
  readonly name: string
  /** In messages: `VAE`. */
  readonly title: string
  /** How each setting is checked when a file says what it was. */
  readonly fields: Fields<Settings>
  /** Metrics that the progress bar shows. */
  readonly metrics: readonly string[]
  /** Minutes of training where nothing else is asked for. */
  readonly minutes: number
  /** What the items are called, in the plural. */
  items(data: Data): string
  /** @param say tells of what takes long */
  data(settings: Settings, say: (line: string) => void): Promise<Data>
  model(settings: Settings, data: Data): Model
  /** Puts first values in a model that depend on the data. */
  begin?(model: Model, data: Data): Promise<void>
  fitParts(settings: Settings, steps: number): FitParts
  /** @param stop ends the training early, as what was trained for is no longer gained */
  watch?(
    model: Model,
    data: Data,
    settings: Settings,
    steps: number,
    stop: AbortController,
  ): Watch | undefined
  measure(model: Model, data: Data): Promise<Measures>
  /** The measures as lines of text. */
  report(measured: Measures): string
  /** PNG files by name. */
  pictures(
    model: Model,
    data: Data,
    history: History,
    watched: unknown,
    measured: Measures,
  ): Promise<ReadonlyMap<string, Uint8Array>>
  /** Other files by name that belong to the model, such as its tokenizer. */
  files?(data: Data, measured: Measures): ReadonlyMap<string, Uint8Array>
}
