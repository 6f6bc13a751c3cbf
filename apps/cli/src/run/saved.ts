/**
 * What can be done with the folder of a run, whatever its kind: measure the model again, write it as ONNX.
 */
import { join } from 'node:path'
import { check } from '@winnow/core'
import { readJson } from './json.ts'

/** What `winnow eval` takes besides the folder and the backend. */
export interface EvaluateSettings {
  /** Data by name or path; what the model was trained on by default. */
  readonly data?: string
  /** Draws of importance sampling for each item, where the kind has such an estimate. */
  readonly samples: number
  /** Items of which it is made. */
  readonly items: number
}

/** Measures, for `--json`, and as lines of text. */
export interface Evaluation {
  readonly measures: unknown
  readonly text: string
}

/** One ONNX file of a model. */
export interface ExportedFile {
  readonly name: string
  readonly bytes: Uint8Array
  /** Inputs and outputs with their shapes, in a line. */
  readonly shapes: string
}

/** See the top of the file. */
export interface SavedRuns {
  evaluate(folder: string, settings: EvaluateSettings): Promise<Evaluation>
  exportFiles(
    folder: string,
    options: { readonly precision: 'float16' | 'float32' },
  ): Promise<readonly ExportedFile[]>
}

/**
 * The kind of run in a folder.
 * @param kinds by name
 * @throws WinnowError when the folder holds no history, or that of a kind that is not known
 */
export async function savedRunIn(
  folder: string,
  kinds: Readonly<Record<string, SavedRuns>>,
): Promise<SavedRuns> {
  const path = join(folder, 'history.json')
  const record = (await readJson(path)) as { readonly kind?: unknown } | null
  const name = record?.kind
  const known = typeof name === 'string' && Object.hasOwn(kinds, name) ? kinds[name] : undefined
  check(
    known !== undefined,
    () => `${path}: not the history of a run of ${Object.keys(kinds).join(' or ')}`,
  )
  return known
}
