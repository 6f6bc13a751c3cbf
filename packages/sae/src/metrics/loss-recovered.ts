/**
 * Loss recovered: how much of what a network loses when activations are taken away comes back with their reconstruction.
 *
 *     recovered = (ablated - spliced) / (ablated - original)
 *
 * 1: the reconstruction does as well as the activations; 0: no better than nothing. It flatters: the loss of a network
 * whose activations are zeros is very high, so look at the losses themselves too.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { add, reshape, zerosLike } from '@tensorflow/tfjs-core'
import { check } from '@winnow/core'

/** A network's losses, of one unit: nats per token. */
export interface SplicedLosses {
  /** With its own activations. */
  readonly original: number
  /** With their reconstructions in place. */
  readonly spliced: number
  /** With zeros, or their mean, in place. */
  readonly ablated: number
}

/** @throws WinnowError unless all are finite and taking the activations away does harm */
export function lossRecovered({ original, spliced, ablated }: SplicedLosses): number {
  check(
    [original, spliced, ablated].every(Number.isFinite),
    () =>
      `lossRecovered: losses ${original}, ${spliced} and ${ablated} came, expected finite numbers`,
  )
  check(
    ablated > original,
    () =>
      `lossRecovered: ablated: ${ablated} came, expected more than the original loss ${original}: ` +
      'the network does not need these activations',
  )
  return (ablated - spliced) / (ablated - original)
}

/** Changes activations `[..., features]` in the middle of a network. */
export type Edit = (activations: Tensor) => Tensor

/** What {@link spliceLosses} needs. */
export interface SpliceOptions<Batch> {
  /** The network's loss of a batch, averaged over tokens, its activations edited where `edit` is given. */
  run(batch: Batch, edit?: Edit): Tensor | Promise<Tensor>
  /** Rows of activations `[rows, features]` -> the same, rebuilt: `(x) => sae.reconstruct(x)`. */
  reconstruct(x: Tensor): Tensor
  /** What stands in for the activations: zeros by default, or their mean `[features]`. */
  readonly mean?: Tensor
  /** What is known of these batches already, from another autoencoder: only reconstructions are spliced in then. */
  readonly known?: Pick<SplicedLosses, 'original' | 'ablated'>
  /** How many tokens a batch counts for; 1 by default: all batches alike. */
  tokens?(batch: Batch): number
}

/**
 * Runs a network three times on each batch: as it is, with reconstructions spliced in, and without the activations.
 *
 * @returns means over all batches
 * @throws WinnowError when there are no batches
 */
export async function spliceLosses<Batch>(
  batches: Iterable<Batch> | AsyncIterable<Batch>,
  { run, reconstruct, mean, known, tokens = () => 1 }: SpliceOptions<Batch>,
): Promise<SplicedLosses> {
  const splice: Edit = (activations) => {
    const features = activations.shape.at(-1) as number
    return reshape(reconstruct(reshape(activations, [-1, features])), activations.shape)
  }
  const ablate: Edit = (activations) => {
    const nothing = zerosLike(activations)
    return mean === undefined ? nothing : add(nothing, mean)
  }
  const edits = known === undefined ? [splice, undefined, ablate] : [splice]
  const totals = [0, 0, 0]
  let counted = 0
  for await (const batch of batches) {
    const weight = tokens(batch)
    counted += weight
    for (const [i, edit] of edits.entries()) {
      const loss = await run(batch, edit)
      totals[i] = (totals[i] as number) + weight * ((await loss.data())[0] as number)
      loss.dispose()
    }
  }
  check(counted > 0, () => 'spliceLosses: batches: none came')
  const [spliced, original, ablated] = totals.map((total) => total / counted) as [
    number,
    number,
    number,
  ]
  return { original, ablated, ...known, spliced }
}
