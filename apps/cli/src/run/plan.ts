/**
 * What a run was started with, kept in its folder so that an interrupted run can be gone on with.
 */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { check, writeFileAtomic } from '@winnow/core'
import { type Fields, readJson, settingsFrom } from './json.ts'
import type { RunSettings } from './kind.ts'

/** The folder's file with the plan, and the one with the run as far as it got. */
const PLAN = 'plan.json'
const CHECKPOINT = 'checkpoint.safetensors'

export interface RunPlan<Settings extends RunSettings = RunSettings> {
  /** The name of its kind. */
  readonly kind: string
  readonly settings: Settings
  /** Updates that were settled on, measured or asked for. */
  readonly steps: number
}

/** Where `fit` saves the run on its way. */
export function checkpointPath(folder: string): string {
  return join(folder, CHECKPOINT)
}

export async function writePlan(folder: string, plan: RunPlan): Promise<void> {
  const text = `${JSON.stringify(plan, null, 2)}\n`
  await writeFileAtomic(join(folder, PLAN), new TextEncoder().encode(text))
}

/** @throws WinnowError when the folder holds no plan of a run of this kind, or a broken one */
export async function readPlan<Settings extends RunSettings>(
  folder: string,
  kind: { readonly name: string; readonly title: string; readonly fields: Fields<Settings> },
): Promise<RunPlan<Settings>> {
  const path = join(folder, PLAN)
  const plan = (await readJson(path)) as Partial<RunPlan> | null
  const { steps, settings } = plan ?? {}
  check(
    plan?.kind === kind.name && Number.isSafeInteger(steps) && (steps as number) >= 1,
    () => `${path}: not the plan of a ${kind.title}'s run`,
  )
  return {
    kind: kind.name,
    steps: steps as number,
    settings: settingsFrom(settings, kind.fields, path),
  }
}

/** A finished run needs its checkpoint no more: the model is in a file of its own. */
export async function removeCheckpoint(folder: string): Promise<void> {
  await rm(checkpointPath(folder), { force: true })
}
