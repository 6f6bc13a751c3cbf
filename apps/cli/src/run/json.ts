/**
 * The JSON files of a run's folder, which may come from elsewhere: all of a file is checked before any of it is used.
 */
import { check, readFileBytes, WinnowError } from '@winnow/core'
import type { RunSettings } from './kind.ts'

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
export type Field = readonly [passes: (value: unknown) => boolean, optional?: 'optional']

/** A test for every setting of a command. */
export type Fields<Settings> = Readonly<Record<keyof Settings, Field>>

export const isWhole =
  (least: number) =>
  (value: unknown): boolean =>
    Number.isSafeInteger(value) && (value as number) >= least
export const isAmount = (value: unknown): boolean =>
  Number.isFinite(value) && (value as number) >= 0
const isPositive = (value: unknown): boolean => isAmount(value) && value !== 0
export const isText = (value: unknown): boolean => typeof value === 'string'
export const isFlag = (value: unknown): boolean => typeof value === 'boolean'
export const isOneOf =
  (...names: readonly string[]) =>
  (value: unknown): boolean =>
    names.includes(value as string)

/** The settings that every training command has. */
export const runFields: Fields<RunSettings> = {
  data: [isText],
  epochs: [isWhole(1), 'optional'],
  steps: [isWhole(1), 'optional'],
  minutes: [isAmount, 'optional'],
  batch: [isWhole(1)],
  learningRate: [isPositive],
  seed: [isWhole(0)],
  size: [isWhole(1), 'optional'],
  backend: [isText, 'optional'],
  software: [isFlag, 'optional'],
  out: [isText, 'optional'],
  resume: [isText, 'optional'],
}

/**
 * What a file says the settings are.
 * @param path what errors call the file
 * @throws WinnowError naming the first field that is not what the command would have written
 */
export function settingsFrom<Settings>(
  value: unknown,
  fields: Fields<Settings>,
  path: string,
): Settings {
  check(typeof value === 'object' && value !== null, () => `${path}: it has no settings`)
  for (const [name, [passes, optional]] of Object.entries<Field>(fields)) {
    const field = (value as Record<string, unknown>)[name]
    check(
      (field === undefined && optional !== undefined) || passes(field),
      () =>
        `${path}: settings.${name} is ${JSON.stringify(field)?.slice(0, 100)}, which no run has`,
    )
  }
  return value as Settings
}
