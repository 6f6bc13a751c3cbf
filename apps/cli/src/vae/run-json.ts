/**
 * The JSON files of a run's folder, which may come from elsewhere: all of a file is checked before any of it is used.
 */
import { check, readFileBytes, WinnowError } from '@winnow/core'
import type { VaeSettings } from './settings.ts'

/** @throws WinnowError when there is no such file, or it is not JSON in UTF-8 */
export async function readJson(path: string): Promise<unknown> {
  const bytes = await readFileBytes(path)
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (cause) {
    throw new WinnowError(`${path}: not JSON: ${(cause as Error).message}`, { cause })
  }
}

/** A test of one field, and whether it may be absent. */
type Field = readonly [passes: (value: unknown) => boolean, optional?: 'optional']

const whole =
  (least: number) =>
  (value: unknown): boolean =>
    Number.isSafeInteger(value) && (value as number) >= least
const amount = (value: unknown): boolean => Number.isFinite(value) && (value as number) >= 0
const text = (value: unknown): boolean => typeof value === 'string'
const flag = (value: unknown): boolean => typeof value === 'boolean'
const oneOf =
  (...names: readonly string[]) =>
  (value: unknown): boolean =>
    names.includes(value as string)

const FIELDS: Readonly<Record<keyof VaeSettings, Field>> = {
  data: [text],
  epochs: [whole(1), 'optional'],
  steps: [whole(1), 'optional'],
  minutes: [amount, 'optional'],
  batch: [whole(1)],
  latent: [whole(1)],
  hidden: [(value) => Array.isArray(value) && value.every(whole(1)), 'optional'],
  conv: [flag, 'optional'],
  likelihood: [oneOf('bernoulli', 'gaussian', 'discretisedLogistic')],
  binarise: [oneOf('random', 'none')],
  beta: [amount],
  warmup: [whole(0)],
  freeBits: [amount],
  learningRate: [(value) => amount(value) && value !== 0],
  seed: [whole(0)],
  size: [whole(1), 'optional'],
  backend: [text, 'optional'],
  software: [flag, 'optional'],
  out: [text, 'optional'],
  resume: [text, 'optional'],
}

/**
 * What a file says the settings are.
 * @param path what errors call the file
 * @throws WinnowError naming the first field that is not what the command would have written
 */
export function settingsFrom(value: unknown, path: string): VaeSettings {
  check(typeof value === 'object' && value !== null, () => `${path}: it has no settings`)
  for (const [name, [passes, optional]] of Object.entries(FIELDS)) {
    const field = (value as Record<string, unknown>)[name]
    check(
      (field === undefined && optional !== undefined) || passes(field),
      () =>
        `${path}: settings.${name} is ${JSON.stringify(field)?.slice(0, 100)}, which no run has`,
    )
  }
  return value as VaeSettings
}
