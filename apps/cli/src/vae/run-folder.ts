/**
 * The folder of a run: the model, what happened, and pictures. Each file is written beside and renamed.
 */
import { join } from 'node:path'
import {
  type FoundBackend,
  type NormalisationConfig,
  type Run,
  save,
  writeFileAtomic,
} from '@winnow/core'
import type { VAE } from '@winnow/vae'
import type { VaeMeasures } from './measure.ts'
import { vaePictures } from './pictures.ts'
import type { VaeData, VaeSettings } from './settings.ts'

export interface VaeRun {
  readonly model: VAE
  readonly run: Run
  readonly measured: VaeMeasures
  readonly settings: VaeSettings
  readonly backend: FoundBackend
  readonly data: VaeData
}

/** What `history.json` holds. */
export interface RunRecord {
  readonly kind: 'vae'
  readonly settings: VaeSettings
  readonly backend: FoundBackend
  /** What the data went through; absent where nothing was done. */
  readonly normalisation: NormalisationConfig | undefined
  readonly run: Run
  readonly test: VaeMeasures
}

/** Writes the folder and returns the names of the files in it. */
export async function writeRun(folder: string, result: VaeRun): Promise<readonly string[]> {
  const { model, run, measured, settings, backend, data } = result
  await save(model, join(folder, 'model.safetensors'))
  const record: RunRecord = {
    kind: 'vae',
    settings,
    backend,
    normalisation: data.normalisation,
    run,
    test: measured,
  }
  await writeFileAtomic(
    join(folder, 'history.json'),
    new TextEncoder().encode(`${JSON.stringify(record)}\n`),
  )
  const pictures = await vaePictures(model, data.test, run.history)
  for (const [name, png] of pictures) await writeFileAtomic(join(folder, name), png)
  return ['model.safetensors', 'history.json', ...pictures.keys()]
}
