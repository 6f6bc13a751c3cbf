/**
 * What a run was started with, kept in its folder so that an interrupted run can be gone on with.
 */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { check, readFileBytes, WinnowError, writeFileAtomic } from '@winnow/core'
import type { VaeSettings } from './settings.ts'

/** The folder's file with the plan, and the one with the run as far as it got. */
const PLAN = 'plan.json'
const CHECKPOINT = 'checkpoint.safetensors'

export interface RunPlan {
  readonly kind: 'vae'
  readonly settings: VaeSettings
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

/** @throws WinnowError when the folder holds no plan, or a broken one */
export async function readPlan(folder: string): Promise<RunPlan> {
  const path = join(folder, PLAN)
  const text = new TextDecoder().decode(await readFileBytes(path))
  let plan: RunPlan
  try {
    plan = JSON.parse(text) as RunPlan
  } catch (error) {
    throw new WinnowError(`${path}: not JSON: ${(error as Error).message}`)
  }
  check(
    plan?.kind === 'vae' && Number.isInteger(plan.steps) && typeof plan.settings === 'object',
    () => `${path}: not the plan of a VAE's run`,
  )
  return plan
}

/** A finished run needs its checkpoint no more: the model is in a file of its own. */
export async function removeCheckpoint(folder: string): Promise<void> {
  await rm(checkpointPath(folder), { force: true })
}
