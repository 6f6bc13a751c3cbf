/**
 * A codec from its file, whichever of ours it is.
 */
import { check, parseSafetensors, readFileBytes, restore } from '@winnow/core'
import { FactorizedPriorCodec } from '../model/factorized-prior-codec.ts'
import { HyperpriorCodec } from '../model/hyperprior-codec.ts'
import type { LatentCodec } from '../model/latent-codec.ts'

/**
 * @param source a path, or the bytes of a file
 * @param options.name what errors call it, where bytes came
 * @throws WinnowError when it is missing, broken, or holds another kind of model
 */
export async function restoreCodec(
  source: string | Uint8Array,
  options: { readonly name?: string } = {},
): Promise<LatentCodec> {
  const name = typeof source === 'string' ? source : (options.name ?? 'codec')
  const bytes = typeof source === 'string' ? await readFileBytes(source) : source
  const { model } = parseSafetensors(bytes, { name }).metadata
  if (model === 'FactorizedPriorCodec') return restore(FactorizedPriorCodec, bytes, { name })
  check(
    model === 'HyperpriorCodec',
    () =>
      `${name}: holds ${model ?? 'no model of ours'}, expected FactorizedPriorCodec or HyperpriorCodec`,
  )
  return restore(HyperpriorCodec, bytes, { name })
}
