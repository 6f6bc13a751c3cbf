/**
 * The file of an index: safetensors, with what kind of index it is, its configuration and its model in the metadata, and
 * the documents as lines of JSON in a tensor of bytes. Whatever is read is checked before it is believed.
 */
import {
  type CheckpointData,
  type CheckpointStore,
  type CheckpointTensor,
  check,
  parseSafetensors,
  readFileBytes,
  WinnowError,
  writeFileAtomic,
  writeSafetensors,
} from '@winnow/core'
import { Documents } from './documents.ts'
import { checkSameModel, type ModelIdentity } from './model-identity.ts'

const VERSION = 1
const KEY = 'winnow.index'

/** Options of reading an index. */
export interface ReadIndexOptions {
  /** What errors call the file; 'index' by default. */
  readonly name?: string
  /** The model that will make the vectors of queries: an index of another one is refused. */
  readonly model?: ModelIdentity
}

/** A class whose indexes can be read. */
export interface IndexClass<Index> {
  /** @throws WinnowError for bytes that are not such an index, or another model's */
  deserialise(bytes: Uint8Array, options?: ReadIndexOptions): Index
}

/**
 * Writes an index to a file, or to a store of one's own: beside what is there and then in its place, so that the old index
 * answers until the new one is whole.
 */
export async function saveIndex(
  index: { serialise(): Uint8Array },
  place: string | CheckpointStore,
): Promise<void> {
  const bytes = index.serialise()
  await (typeof place === 'string' ? writeFileAtomic(place, bytes) : place.write(bytes))
}

/**
 * Reads an index: `await loadIndex(Bm25Index, 'texts.index')`.
 *
 * @throws WinnowError when there is none, it is broken, of another kind, of a newer version, or of another model
 */
export async function loadIndex<Index>(
  kind: IndexClass<Index>,
  place: string | CheckpointStore,
  options: { readonly model?: ModelIdentity } = {},
): Promise<Index> {
  if (typeof place === 'string') {
    return kind.deserialise(await readFileBytes(place), { ...options, name: place })
  }
  const { name = 'index' } = place
  const bytes = await place.read()
  if (bytes === undefined) throw new WinnowError(`${name}: nothing was saved there`)
  return kind.deserialise(bytes, { ...options, name })
}

/**
 * Which class wrote an index: `Bm25Index`, `InvertedIndex`, `ExactIndex`, `HnswIndex` or `HybridSearch`.
 *
 * @throws WinnowError when it is none, or broken
 */
export function indexKind(bytes: Uint8Array, options: { readonly name?: string } = {}): string {
  const { name = 'index' } = options
  return String(parseHead(parseSafetensors(bytes, { name }).metadata[KEY], name).kind)
}

/** What an index writes. */
export interface IndexParts {
  readonly kind: string
  readonly config: object
  readonly documents?: Documents
  readonly model?: ModelIdentity | undefined
  readonly tensors: Readonly<Record<string, CheckpointTensor>>
}

export function writeIndex({ kind, config, documents, model, tensors }: IndexParts): Uint8Array {
  const all = Object.entries(tensors)
  if (documents !== undefined) all.push(['documents', bytesTensor(documents.toBytes())])
  return writeSafetensors(all, { [KEY]: JSON.stringify({ version: VERSION, kind, config, model }) })
}

export function bytesTensor(data: Uint8Array): CheckpointTensor {
  return { dtype: 'U8', shape: [data.length], data }
}

export function integers(data: Int32Array): CheckpointTensor {
  return { dtype: 'I32', shape: [data.length], data }
}

export function floats(data: Float32Array): CheckpointTensor {
  return { dtype: 'F32', shape: [data.length], data }
}

/** An index file that was opened. */
export class IndexFile {
  readonly name: string
  readonly config: Readonly<Record<string, unknown>>
  readonly model: ModelIdentity | undefined
  readonly #tensors: ReadonlyMap<string, CheckpointTensor>

  /** @throws WinnowError when it is broken, or not of this kind, version and model */
  constructor(kind: string, bytes: Uint8Array, options: ReadIndexOptions = {}) {
    const { name = 'index', model } = options
    this.name = name
    const { tensors, metadata } = parseSafetensors(bytes, { name })
    const head = parseHead(metadata[KEY], name)
    check(
      head.version === VERSION,
      () => `${name}: an index of version ${head.version}, this Winnow reads version ${VERSION}`,
    )
    check(head.kind === kind, () => `${name}: holds an index of kind '${head.kind}', not '${kind}'`)
    this.config = head.config
    this.model = head.model
    this.#tensors = tensors
    checkSameModel(name, head.model, model)
  }

  /** @throws WinnowError when the file has no such documents */
  documents(): Documents {
    return Documents.fromBytes(this.bytes('documents'), this.name)
  }

  bytes(tensor: string): Uint8Array {
    return this.#values(tensor, 'U8') as Uint8Array
  }

  /** @throws WinnowError unless there are `length` integers, each from `low` up to `high` (not with it) */
  integers(
    tensor: string,
    bounds: { readonly length?: number; readonly low: number; readonly high: number },
  ): Int32Array {
    const values = this.#values(tensor, 'I32', bounds.length) as Int32Array
    for (const value of values) {
      if (value < bounds.low || value >= bounds.high) {
        throw this.error(`'${tensor}' holds ${value}, expected ${bounds.low} to ${bounds.high - 1}`)
      }
    }
    return values
  }

  /** @throws WinnowError unless there are `length` finite numbers */
  floats(tensor: string, length?: number): Float32Array {
    const values = this.#values(tensor, 'F32', length) as Float32Array
    for (const value of values) {
      if (!Number.isFinite(value)) throw this.error(`'${tensor}' holds ${value}, expected numbers`)
    }
    return values
  }

  /** Makes an index with the configuration of the file, which may be anything. */
  build<Index>(make: (config: never) => Index): Index {
    try {
      return make(this.config as never)
    } catch (cause) {
      throw new WinnowError(`${this.name}: the index's configuration is broken: ${cause}`, {
        cause,
      })
    }
  }

  error(problem: string): WinnowError {
    return new WinnowError(`${this.name}: ${problem}; the index is broken, build it again`)
  }

  #values(tensor: string, dtype: CheckpointTensor['dtype'], length?: number): CheckpointData {
    const found = this.#tensors.get(tensor)
    if (found === undefined) throw this.error(`'${tensor}' is missing`)
    if (found.dtype !== dtype || (length !== undefined && found.data.length !== length)) {
      throw this.error(
        `'${tensor}' has ${found.data.length} values of ${found.dtype}, expected ${length ?? 'values'} of ${dtype}`,
      )
    }
    return found.data
  }
}

interface Head {
  readonly version: unknown
  readonly kind: unknown
  readonly config: Readonly<Record<string, unknown>>
  readonly model: ModelIdentity | undefined
}

function parseHead(text: string | undefined, name: string): Head {
  check(text !== undefined, () => `${name}: not an index of Winnow`)
  let head: Partial<Head> | null
  try {
    head = JSON.parse(text)
  } catch (cause) {
    throw new WinnowError(`${name}: the index's description is not JSON`, { cause })
  }
  const { version, kind, config, model } = head ?? {}
  const isModel = typeof model?.name === 'string' && typeof model.hash === 'string'
  check(
    typeof config === 'object' && config !== null && (model === undefined || isModel),
    () => `${name}: the index's description is broken`,
  )
  return { version, kind, config, model }
}
