/**
 * Weights of other libraries: their names and layouts become a module's, all of them or none.
 */
import { type Tensor, tensor } from '@tensorflow/tfjs-core'
import {
  type CheckpointTensor,
  check,
  type Module,
  parseSafetensors,
  readFileBytes,
  type Slot,
  slots,
  WinnowError,
} from '@winnow/core'
import { unchanged, type WeightArray, weightArray } from './arrays.ts'
import { fillName, matchName, sameNames, type WeightMapping, type WeightRule } from './mapping.ts'

/** Where weights come from: the path of a safetensors file, its bytes, or tensors by name. */
export type WeightSource = string | Uint8Array | ReadonlyMap<string, CheckpointTensor>

/** See {@link loadWeights}. */
export interface LoadWeightsOptions {
  /** What errors call the source; a path's own name by default. */
  readonly name?: string
}

/** What {@link loadWeights} did. */
export interface LoadedWeights {
  /** Paths of the slots that got a value, in the module's order. */
  readonly loaded: readonly string[]
  /** Paths of the slots that kept theirs, as the mapping allows. */
  readonly kept: readonly string[]
  /** Names in the file that nothing was made of, as the mapping allows. */
  readonly ignored: readonly string[]
}

/**
 * Fills a module with the weights of another library's file: `await loadWeights(vit, 'model.safetensors', timmVit)`. Either
 * every slot gets its value or none changes.
 *
 * @param mapping how names and layouts differ: {@link timmVit}, {@link facebookMae}, {@link bert}, {@link gpt2} or one's own;
 *   by default names are the same
 * @throws WinnowError that says all at once which slots the file has nothing for, which of its tensors are not expected, and
 *   which shapes differ; and when the file cannot be read
 */
export async function loadWeights(
  module: Module,
  source: WeightSource,
  mapping: WeightMapping = sameNames,
  options: LoadWeightsOptions = {},
): Promise<LoadedWeights> {
  const { name = typeof source === 'string' ? source : 'weights' } = options
  const file = await tensorsOf(source, name)
  const plan = planOf(module, file, mapping)
  const { missing, unexpected, shapes } = plan
  check(
    missing.length + unexpected.length + shapes.length === 0,
    () =>
      `${name}: does not fit this ${module.constructor.name} by the mapping '${mapping.name}': ` +
      [
        listed('missing', missing),
        listed('not expected', unexpected),
        listed('of another shape', shapes),
      ]
        .filter(Boolean)
        .join('; '),
  )
  assignAll(plan.values)
  return { loaded: plan.loaded, kept: plan.kept, ignored: plan.ignored }
}

async function tensorsOf(
  source: WeightSource,
  name: string,
): Promise<ReadonlyMap<string, CheckpointTensor>> {
  if (source instanceof Map) return source
  const bytes = typeof source === 'string' ? await readFileBytes(source) : (source as Uint8Array)
  check(
    bytes instanceof Uint8Array,
    () => `loadWeights: source: ${typeof source} came, expected a path, bytes or a Map of tensors`,
  )
  // A zip archive or a pickle: what torch.save writes.
  const isTorch =
    (bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] === 3) ||
    (bytes[0] === 0x80 && bytes[1] === 2 && bytes[2] === 0x8a)
  check(
    !isTorch,
    () =>
      `${name}: a PyTorch checkpoint came, expected safetensors; convert it with safetensors.torch.save_file(state, path)`,
  )
  return parseSafetensors(bytes, { name }).tensors
}

interface Plan {
  readonly values: ReadonlyMap<Slot, WeightArray>
  readonly loaded: readonly string[]
  readonly kept: readonly string[]
  readonly ignored: readonly string[]
  /** What is wrong, in words. */
  readonly missing: readonly string[]
  readonly unexpected: readonly string[]
  readonly shapes: readonly string[]
}

function planOf(
  module: Module,
  file: ReadonlyMap<string, CheckpointTensor>,
  mapping: WeightMapping,
): Plan {
  const named = slots(module)
  const byPath = new Map<string, Slot>()
  for (const { path, aliases, slot } of named.values()) {
    for (const name of [path, ...aliases]) byPath.set(name, slot)
  }
  const values = new Map<Slot, WeightArray>()
  // Slots that a tensor of the file was meant for, fitting or not: they are not missing.
  const meant = new Map<Slot, string>()
  const [ignored, unexpected, shapes]: [string[], string[], string[]] = [[], [], []]
  for (const [name, stored] of file) {
    const target = targetOf(mapping, name)
    if (target === undefined) {
      if (isIgnored(mapping, name)) ignored.push(name)
      else unexpected.push(name)
      continue
    }
    const absent = target.paths.filter((path) => !byPath.has(path))
    if (absent.length > 0) {
      unexpected.push(`${name} (the module has no ${absent.join(', ')})`)
      continue
    }
    const arrays = converted(target, stored)
    for (const [i, path] of target.paths.entries()) {
      const slot = byPath.get(path) as Slot
      const before = meant.get(slot)
      if (before !== undefined) unexpected.push(`${name} (${path} is filled by ${before})`)
      meant.set(slot, name)
      const array = typeof arrays === 'string' ? undefined : arrays[i]
      if (array === undefined) {
        if (i === 0) shapes.push(`${name}: ${arrays}`)
      } else if (array.shape.join() === slot.shape.join()) values.set(slot, array)
      else {
        const made = `[${stored.shape}] of ${name} makes [${array.shape}]`
        shapes.push(`${path}: ${made}, expected [${slot.shape}]`)
      }
    }
  }
  const empty = [...named.values()].filter(({ slot }) => !meant.has(slot))
  const mayStay = (path: string): boolean =>
    (mapping.keep ?? []).some((pattern) => matchName(pattern, path) !== undefined)
  return {
    values,
    loaded: [...named.values()].filter(({ slot }) => values.has(slot)).map(({ path }) => path),
    kept: empty.map(({ path }) => path).filter(mayStay),
    ignored,
    missing: empty
      .filter(({ path }) => !mayStay(path))
      .map(({ path }) => `${path}${sourceOf(mapping, path)}`),
    unexpected,
    shapes,
  }
}

interface Target {
  readonly rule: WeightRule
  readonly paths: readonly string[]
}

/** The rule for a name of the file and the paths that it leads to. */
function targetOf(mapping: WeightMapping, name: string): Target | undefined {
  for (const bare of withoutPrefixes(mapping, name)) {
    for (const rule of mapping.rules) {
      for (const from of asList(rule.from)) {
        const values = matchName(from, bare)
        if (values !== undefined) {
          return { rule, paths: asList(rule.to).map((to) => fillName(to, values)) }
        }
      }
    }
  }
  return undefined
}

function isIgnored(mapping: WeightMapping, name: string): boolean {
  return withoutPrefixes(mapping, name).some((bare) =>
    (mapping.ignore ?? []).some((pattern) => matchName(pattern, bare) !== undefined),
  )
}

function withoutPrefixes({ prefixes = [] }: WeightMapping, name: string): string[] {
  const fitting = prefixes.filter((prefix) => name.startsWith(prefix))
  return [name, ...fitting.map((prefix) => name.slice(prefix.length))]
}

/** The arrays for the slots of a rule, or why there are none. */
function converted({ rule, paths }: Target, stored: CheckpointTensor): WeightArray[] | string {
  try {
    const arrays = (rule.convert ?? unchanged)(weightArray(stored))
    if (arrays.length === paths.length) return [...arrays]
    return `made into ${arrays.length} arrays, expected ${paths.length}`
  } catch (error) {
    if (error instanceof WinnowError) return error.message
    throw error
  }
}

/** In which name of the file a path was looked for. */
function sourceOf(mapping: WeightMapping, path: string): string {
  for (const { from, to } of mapping.rules) {
    for (const pattern of asList(to)) {
      const values = matchName(pattern, path)
      const name = values && fillName(asList(from)[0] as string, values)
      if (name !== undefined) return name === path ? '' : ` (${name})`
    }
  }
  return ' (which the mapping knows nothing of)'
}

/** Makes every tensor before the first slot changes. */
function assignAll(values: ReadonlyMap<Slot, WeightArray>): void {
  const made: [Slot, Tensor][] = []
  try {
    for (const [slot, { data, shape }] of values) {
      const typed =
        slot.dtype === 'float32'
          ? Float32Array.from(data)
          : slot.dtype === 'bool'
            ? Uint8Array.from(data)
            : Int32Array.from(data)
      made.push([slot, tensor(typed, [...shape], slot.dtype)])
    }
  } catch (error) {
    for (const [, value] of made) value.dispose()
    throw error
  }
  for (const [slot, value] of made) slot.assign(value)
}

function asList(names: string | readonly string[]): readonly string[] {
  return typeof names === 'string' ? [names] : names
}

function listed(what: string, entries: readonly string[]): string {
  if (entries.length === 0) return ''
  const shown = entries.slice(0, 5).join(', ')
  return `${what}: ${shown}${entries.length > 5 ? ` and ${entries.length - 5} more` : ''}`
}
