/**
 * The index of a set of activations, `index.json`: what was collected, in which shards, and how far it has come.
 */
import { check, WinnowError } from '../error.ts'
import { type ActivationStore, fileName } from './store.ts'

/** How activations are stored. */
export type ActivationType = 'float16' | 'float32'

/** One file of rows. */
export interface Shard {
  readonly file: string
  readonly rows: number
}

/** What identifies a collection: a second one in the same place goes on only where all of it is the same. */
export interface CollectionRequest {
  /** The model's name. */
  readonly model: string
  /** Where in the model, empty for a function. */
  readonly at: string
  readonly dtype: ActivationType
  /** Items of data that the model is given at a time. */
  readonly batch: number
  /** Tokens left out at the start of each sequence. */
  readonly skip: number
  /** The field of the data that marks the tokens to keep, or null. */
  readonly mask: string | null
  /** The most rows, or null. */
  readonly limit: number | null
}

/** The content of the file. */
export interface ActivationIndex extends CollectionRequest {
  readonly format: typeof formatName
  readonly version: number
  /** Values of a row. */
  readonly width: number
  /** Rows in all shards. */
  readonly rows: number
  /** Rows of every shard but the last. */
  readonly shardRows: number
  readonly shards: readonly Shard[]
  /** Where the data go on: a batch, and how many of the rows that it gives are in the shards. */
  readonly next: { readonly batch: number; readonly row: number }
  /** Whether the data came to their end. */
  readonly complete: boolean
}

export const indexFile = 'index.json'
export const formatName = 'winnow-activations'
export const formatVersion = 1

/** The name of shard number `index`. */
export function shardName(index: number): string {
  return `activations-${String(index).padStart(5, '0')}.safetensors`
}

export async function writeIndex(store: ActivationStore, index: ActivationIndex): Promise<void> {
  await store.write(indexFile, new TextEncoder().encode(`${JSON.stringify(index, null, 2)}\n`))
}

/**
 * The index of a store; undefined where there is none.
 * @throws WinnowError when it is no index, of a newer version, or does not add up
 */
export async function readIndex(store: ActivationStore): Promise<ActivationIndex | undefined> {
  const bytes = await store.read(indexFile)
  return bytes === undefined ? undefined : parseIndex(bytes, fileName(store, indexFile))
}

function parseIndex(bytes: Uint8Array, name: string): ActivationIndex {
  let index: Partial<ActivationIndex> | null
  try {
    index = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (error) {
    throw new WinnowError(`${name}: not JSON, or cut off`, { cause: error })
  }
  check(
    typeof index === 'object' && index !== null && index.format === formatName,
    () => `${name}: not an index of activations, expected the format '${formatName}'`,
  )
  check(
    isCount(index.version) && index.version >= 1 && index.version <= formatVersion,
    () =>
      `${name}: version ${index.version} of '${formatName}', this library reads up to ${formatVersion}`,
  )
  const { dtype, shards, next, shardRows, rows, limit, mask } = index
  const expect = (condition: boolean, what: string, value: unknown): void =>
    check(condition, () => `${name}: ${what} is ${JSON.stringify(value)}`)
  expect(typeof index.model === 'string', 'model', index.model)
  expect(typeof index.at === 'string', 'at', index.at)
  expect(dtype === 'float16' || dtype === 'float32', 'dtype', dtype)
  expect(mask === null || typeof mask === 'string', 'mask', mask)
  expect(limit === null || isSize(limit), 'limit', limit)
  expect(isSize(index.batch), 'batch', index.batch)
  expect(isCount(index.skip), 'skip', index.skip)
  expect(isSize(index.width), 'width', index.width)
  expect(isSize(shardRows), 'shardRows', shardRows)
  expect(isCount(rows), 'rows', rows)
  expect(typeof index.complete === 'boolean', 'complete', index.complete)
  expect(
    typeof next === 'object' && next !== null && isCount(next.batch) && isCount(next.row),
    'next',
    next,
  )
  check(Array.isArray(shards), () => `${name}: shards is not a list`)
  for (const [i, shard] of shards.entries()) {
    const right =
      typeof shard === 'object' && shard !== null && shard.file === shardName(i)
        ? isSize(shard.rows) && (shard.rows === shardRows || i === shards.length - 1)
        : false
    expect(right, `shard ${i}`, shard)
  }
  const sum = shards.reduce((total, shard) => total + shard.rows, 0)
  check(sum === rows, () => `${name}: ${rows} rows, but its shards have ${sum}`)
  return index as ActivationIndex
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function isSize(value: unknown): value is number {
  return isCount(value) && value >= 1
}
