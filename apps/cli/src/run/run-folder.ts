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
  type Trainable,
  writeFileAtomic,
} from '@winnow/core'
import { readJson, settingsFrom } from './json.ts'
import type { RunData, RunKind, RunSettings } from './kind.ts'

/** What came of a run. */
export interface RunResult<Settings, Model, Measures, Data> {
  readonly model: Model
  readonly run: Run
  readonly measured: Measures
  readonly settings: Settings
  readonly backend: FoundBackend
  readonly data: Data
  /** What was measured on the way, if anything was. */
  readonly watched?: unknown
}

/** What `history.json` holds. */
export interface RunRecord<Settings extends RunSettings = RunSettings, Measures = unknown> {
  /** The name of its kind. */
  readonly kind: string
  readonly settings: Settings
  readonly backend: FoundBackend
  /** What the data went through; absent where nothing was done. */
  readonly normalisation: NormalisationConfig | undefined
  readonly run: Run
  readonly test: Measures
  /** What was measured on the way, if anything was. */
  readonly watched?: unknown
}

/** Writes the folder and returns the names of the files in it. */
export async function writeRun<
  Settings extends RunSettings,
  Model extends Trainable,
  Measures,
  Data extends RunData,
>(
  folder: string,
  kind: RunKind<Settings, Model, Measures, Data>,
  result: RunResult<Settings, Model, Measures, Data>,
): Promise<readonly string[]> {
  const { model, run, measured, settings, backend, data, watched } = result
  await save(model, join(folder, 'model.safetensors'))
  const record: RunRecord<Settings, Measures> = {
    kind: kind.name,
    settings,
    backend,
    normalisation: data.normalisation,
    run,
    test: measured,
    ...(watched === undefined ? {} : { watched }),
  }
  await writeFileAtomic(
    join(folder, 'history.json'),
    new TextEncoder().encode(`${JSON.stringify(record)}\n`),
  )
  const others = [
    ...(kind.files?.(data, measured) ?? []),
    ...(await kind.pictures(model, data, run.history, watched, measured)),
  ]
  for (const [name, bytes] of others) await writeFileAtomic(join(folder, name), bytes)
  return ['model.safetensors', 'history.json', ...others.map(([name]) => name)]
}

/** What is used again of the record in a run's folder. */
export interface ReadRecord<Settings> {
  readonly settings: Settings
  readonly normalisation: Normalisation | undefined
}

/** @throws WinnowError when the folder holds no record of a run of this kind, or a broken one */
export async function readRecord<Settings extends RunSettings>(
  folder: string,
  kind: Pick<RunKind<Settings, never, never>, 'name' | 'title' | 'fields'>,
): Promise<ReadRecord<Settings>> {
  const path = join(folder, 'history.json')
  const record = (await readJson(path)) as Partial<RunRecord> | null
  const { settings, normalisation } = record ?? {}
  check(record?.kind === kind.name, () => `${path}: not the history of a ${kind.title}'s run`)
  return {
    settings: settingsFrom(settings, kind.fields, path),
    // A null, a number or a text has no lists, and the constructor says so.
    normalisation:
      normalisation === undefined ? undefined : new Normalisation(Object(normalisation)),
  }
}
