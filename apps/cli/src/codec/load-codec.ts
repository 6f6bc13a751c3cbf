/**
 * A trained codec from the folder of its run, or from its file.
 */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type LatentCodec, restoreCodec } from '@winnow/compression'

/**
 * @param path a folder with `model.safetensors`, or such a file
 * @throws WinnowError when it is not there, broken, or holds another kind of model
 */
export async function loadCodec(path: string): Promise<LatentCodec> {
  const found = await stat(path).catch(() => undefined)
  return restoreCodec(found?.isDirectory() ? join(path, 'model.safetensors') : path)
}
