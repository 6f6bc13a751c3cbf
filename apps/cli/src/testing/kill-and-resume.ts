/**
 * Kills a training run at random moments with SIGKILL and goes on with it, until it is finished.
 */
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Rng } from '@winnow/core'
import { ending, start } from './child-process.ts'

export interface KilledRun {
  /** How often it was killed before it came to its end. */
  readonly kills: number
  /** Hash of the model's file. */
  readonly model: string
}

/** Hash of the model in a run's folder. */
export function modelHash(folder: string): string {
  return createHash('sha256')
    .update(readFileSync(join(folder, 'model.safetensors')))
    .digest('hex')
}

/**
 * @param train the command that starts the run; `--out folder` is added
 * @param options.kills as many kills, after which the run is left in peace
 * @param options.within the longest time before a kill, in milliseconds
 */
export async function killAndResume(
  train: readonly string[],
  options: {
    readonly folder: string
    readonly kills: number
    readonly within: number
    readonly seed: number
  },
): Promise<KilledRun> {
  const { folder, within, seed } = options
  const rng = new Rng(seed)
  let kills = 0
  for (;;) {
    const begun = existsSync(join(folder, 'plan.json'))
    const args = begun ? ['train', 'vae', '--resume', folder] : [...train, '--out', folder]
    const { child, text } = start(...args)
    const ended = ending(child)
    const timer =
      kills < options.kills
        ? setTimeout(() => child.kill('SIGKILL'), rng.number() * within)
        : undefined
    const [code, signal] = await ended
    clearTimeout(timer)
    if (signal === 'SIGKILL') {
      kills++
      continue
    }
    if (code !== 0) throw new Error(`ended with ${code} after ${kills} kills: ${text()}`)
    return { kills, model: modelHash(folder) }
  }
}
