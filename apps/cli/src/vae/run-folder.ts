/**
 * The folder of a run: the model, what happened, and pictures. Each file is written beside and renamed.
 */
import { join } from 'node:path'
import {
  check,
  type FoundBackend,
  Normalisation,
  type NormalisationConfig,
  type Run,
  save,
  writeFileAtomic,
} from '@winnow/core'
import type { VAE } from '@winnow/vae'
import type { VaeMeasures } from './measure.ts'
import { vaePictures } from './pictures.ts'
import { readJson, settingsFrom } from './run-json.ts'
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

/** What is used again of the record in a run's folder. */
export type ReadRecord = Pick<RunRecord, 'kind' | 'settings'> & {
  readonly normalisation: Normalisation | undefined
}

/** @throws WinnowError when the folder holds no record of a run, or a broken one */
export async function readRecord(folder: string): Promise<ReadRecord> {
  const path = join(folder, 'history.json')
  const record = (await readJson(path)) as Partial<RunRecord> | null
  const { kind, settings, normalisation } = record ?? {}
  check(kind === 'vae', () => `${path}: not the history of a VAE's run`)
  return {
    kind: 'vae',
    settings: settingsFrom(settings, path),
    // A null, a number or a text has no lists, and the constructor says so.
    normalisation:
      normalisation === undefined ? undefined : new Normalisation(Object(normalisation)),
  }
}
