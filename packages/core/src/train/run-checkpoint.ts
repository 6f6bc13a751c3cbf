/**
 * The checkpoint of a training run: model, optimisers, best values so far and the run's state in one safetensors file,
 * so that a resumed run equals an uninterrupted one to the bit.
 *
 * Random numbers and the order of the data need nothing here: both follow from the seed and the number of the step.
 */
import { checkFormat, formatMetadata, runFormat, upToDate } from '../checkpoint/format.ts'
import { describe } from '../checkpoint/model.ts'
import {
  type CheckpointTensor,
  parseSafetensors,
  writeSafetensors,
} from '../checkpoint/safetensors.ts'
import { fillSlots, loadedTensor, storedSlots, storedTensor } from '../checkpoint/slots.ts'
import { check, WinnowError } from '../error.ts'
import { type Module, slots } from '../module.ts'
import { Snapshot } from '../snapshot.ts'
import { isRunState, type RunState } from './run-state.ts'

/** The live parts of a run. */
export interface RunParts {
  readonly model: Module
  /** The optimisers' memories, one for each phase. */
  readonly memories: readonly Module[]
  readonly best: Snapshot | undefined
  readonly state: RunState
  /** What must be the same when the run goes on, by name: seed, batch, accumulation. */
  readonly settings: Readonly<Record<string, number>>
}

/** The bytes of a checkpoint. */
export async function runCheckpoint(parts: RunParts): Promise<Uint8Array> {
  const { model, memories, best, state, settings } = parts
  const tensors = [...(await storedSlots(model, 'model.'))]
  for (const [phase, memory] of memories.entries()) {
    tensors.push(...(await storedSlots(memory, `optimizer.${phase}.`)))
  }
  for (const [name, value] of best?.tensors(model) ?? []) {
    tensors.push([`best.${name}`, await storedTensor(value)])
  }
  return writeSafetensors(tensors, {
    ...formatMetadata(runFormat),
    ...describe(model),
    state: JSON.stringify(state),
    settings: JSON.stringify(settings),
  })
}

/**
 * Puts a checkpoint into a run that has been set up alike. All of it is read and compared before anything changes.
 *
 * @param options.name what errors call it
 * @returns the state and the best values so far
 * @throws WinnowError for a broken file, one of a newer version, another model or configuration, or other settings
 */
export function resumeFrom(
  bytes: Uint8Array,
  parts: Pick<RunParts, 'model' | 'memories' | 'settings'>,
  options: { readonly name?: string | undefined } = {},
): Pick<RunParts, 'state' | 'best'> {
  const { model, memories, settings } = parts
  const { name: path = 'checkpoint' } = options
  const file = parseSafetensors(bytes, { name: path })
  checkFormat(file, runFormat, { name: path, strict: true })
  const { tensors, metadata } = upToDate(file, runFormat, path)
  const own = describe(model)
  check(
    metadata['model'] === own.model,
    () => `${path}: is of a run of ${metadata['model']}, this is a ${own.model}`,
  )
  check(
    metadata['config'] === own.config,
    () =>
      `${path}: the ${own.model} was made with ${metadata['config']}, this one with ${own.config}`,
  )
  const stored = json(path, 'settings', metadata['settings']) as Record<string, number> | null
  for (const [name, value] of Object.entries(settings)) {
    check(
      stored?.[name] === value,
      () =>
        `${path}: the run was made with ${name} ${stored?.[name]}, ${value} came; an exact resume needs the same`,
    )
  }
  const state = json(path, 'state', metadata['state'])
  check(isRunState(state), () => `${path}: its state is not that of a run`)
  const best = part(tensors, 'best.')
  const bestValues =
    best.size === 0
      ? undefined
      : new Map(
          [...slots(model).values()].map(({ path: name, slot }) => {
            const value = best.get(name)
            check(value !== undefined, () => `${path}: best.${name} is missing`)
            return [slot, loadedTensor(slot, value, path)] as const
          }),
        )
  const rest = memories.map(
    (memory, phase) => [memory, part(tensors, `optimizer.${phase}.`)] as const,
  )
  // Memories first: they are thrown away with the run if the model's values then do not fit.
  for (const [memory, values] of rest)
    fillSlots(memory, values, { name: path, model: 'another optimiser' })
  fillSlots(model, part(tensors, 'model.'), { name: path, model: own.model })
  return { state, best: bestValues && Snapshot.from(bestValues) }
}

/**
 * Puts the model's values alone into a model that was in the run.
 * @throws WinnowError for a broken file or another model
 */
export function fillModel(
  bytes: Uint8Array,
  model: Module,
  options: { readonly name?: string | undefined } = {},
): void {
  const { name = 'checkpoint' } = options
  const { tensors } = parseSafetensors(bytes, { name })
  fillSlots(model, part(tensors, 'model.'), { name, model: model.constructor.name })
}

function part(
  tensors: ReadonlyMap<string, CheckpointTensor>,
  prefix: string,
): ReadonlyMap<string, CheckpointTensor> {
  const own = [...tensors].filter(([name]) => name.startsWith(prefix))
  return new Map(own.map(([name, value]) => [name.slice(prefix.length), value]))
}

function json(path: string, name: string, text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '')
  } catch (cause) {
    throw new WinnowError(`${path}: its ${name} is not readable: ${(cause as Error).message}`, {
      cause,
    })
  }
}
