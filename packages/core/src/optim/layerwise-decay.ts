/**
 * Layer-wise learning-rate decay (Clark et al., 2020, ELECTRA; as in BEiT, Bao et al., 2022, and MAE, He et al., 2022):
 * the deeper a layer lies below the head, the smaller its steps.
 *
 *     rate(layer) = rate * decay^(depth + 1 - layer),   layer 0: what comes before the blocks; i + 1: block i;
 *     depth + 1: everything else (the last norm, the head)
 */
import { check } from '../error.ts'
import { type Module, parameters } from '../module.ts'
import type { Parameter } from '../slot.ts'
import { named } from './chain.ts'
import type { Rule } from './elementwise.ts'
import { scaleBy } from './learning-rate.ts'
import type { ElementwiseMemory } from './memory.ts'
import type { Optimizer } from './optimizer.ts'
import { checkNames } from './options.ts'

/** Options of {@link layerwiseDecay}. */
export interface LayerwiseDecayOptions {
  /** The factor from each layer to the one below, in (0, 1]; 0.65 to 0.75 is usual. */
  readonly decay: number
  /** The path in `encoder` of its array of blocks; by default the one place in it that is called `blocks`. */
  readonly blocks?: string
}

/**
 * Scales the updates of an encoder layer by layer. It comes last, after the learning rate and the weight decay, which
 * PyTorch's parameter groups scale as well: `chain(adamW({ learningRate: 1e-3 }), layerwiseDecay(encoder, { decay: 0.75 }))`.
 *
 * @param encoder the module that has the blocks: parameters that it declares before them are layer 0, and parameters
 * of other modules, such as a head, keep their full steps
 * @throws WinnowError for a decay out of range, and where the blocks are not found or in several places
 */
export function layerwiseDecay(
  encoder: Module,
  options: LayerwiseDecayOptions,
): Optimizer<ElementwiseMemory<Rule>> {
  checkNames('layerwiseDecay', options, ['decay', 'blocks'])
  const { decay } = options
  check(
    decay > 0 && decay <= 1,
    () => `layerwiseDecay: decay: ${decay} came, expected a number in (0, 1]`,
  )
  const factors = factorsOf(encoder, decay, options.blocks)
  return named(
    'layerwiseDecay',
    scaleBy((_, parameter) => factors.get(parameter) ?? 1),
  )
}

/** Parameters are known by identity, so that it does not matter what the encoder is part of. */
function factorsOf(
  encoder: Module,
  decay: number,
  blocks: string | undefined,
): ReadonlyMap<Parameter, number> {
  const own = parameters(encoder)
  const prefix = blocks ?? findBlocks(own.keys())
  const start = prefix.split('.')
  const layers = new Map<Parameter, number>()
  let seen = 0
  let depth = 0
  for (const [path, parameter] of own) {
    const names = path.split('.')
    const within = start.every((name, i) => name === names[i])
    if (within) {
      seen = Number(names[start.length]) + 1
      check(
        Number.isInteger(seen),
        () => `layerwiseDecay: blocks: '${prefix}' came, expected the path of an array of modules`,
      )
      depth = Math.max(depth, seen)
      layers.set(parameter, seen)
    } else if (seen === 0) {
      layers.set(parameter, 0)
    }
  }
  check(depth > 0, () => `layerwiseDecay: blocks: the encoder has no parameter below '${prefix}'`)
  return new Map([...layers].map(([parameter, layer]) => [parameter, decay ** (depth + 1 - layer)]))
}

function findBlocks(paths: Iterable<string>): string {
  const found = new Set<string>()
  for (const path of paths) {
    const place = /^(?:.*?\.)??blocks(?=\.\d+\.)/.exec(path)?.[0]
    if (place !== undefined) found.add(place)
  }
  const all = [...found]
  check(
    all.length === 1,
    () =>
      `layerwiseDecay: blocks: ${all.length === 0 ? "the encoder has no array 'blocks'" : `the encoder has ${all.join(', ')}`}, ` +
      'expected the path of one array of blocks',
  )
  return all[0] as string
}
