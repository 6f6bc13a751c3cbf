/**
 * A trained codec from the folder of its run, or from its file.
 */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { FactorizedPriorCodec, HyperpriorCodec, type LatentCodec } from '@winnow/compression'
import { check, parseSafetensors, readFileBytes, restore } from '@winnow/core'

const CODECS = { FactorizedPriorCodec, HyperpriorCodec }

/**
 * @param path a folder with `model.safetensors`, or such a file
 * @throws WinnowError when it is not there, broken, or holds another kind of model
 */
export async function loadCodec(path: string): Promise<LatentCodec> {
  const found = await stat(path).catch(() => undefined)
  const file = found?.isDirectory() ? join(path, 'model.safetensors') : path
  const { metadata } = parseSafetensors(await readFileBytes(file), { name: file })
  const { model } = metadata
  if (model === 'FactorizedPriorCodec') return restore(FactorizedPriorCodec, file)
  check(
    model === 'HyperpriorCodec',
    () =>
      `${file}: holds ${model ?? 'no model of ours'}, expected ${Object.keys(CODECS).join(' or ')}`,
  )
  return restore(HyperpriorCodec, file)
}
