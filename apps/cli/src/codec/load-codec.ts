/**
 * A trained codec: the one that comes along, from the folder of its run, or from its file.
 */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { loadTinyCodec } from '@winnow/codec-tiny'
import { type LatentCodec, restoreCodec } from '@winnow/compression'

/** What `--model` calls the one that comes along, in `@winnow/codec-tiny`. */
export const SHIPPED_CODEC: string = 'tiny'

/** For help texts. */
export const codecHelp: string = `the folder that train codec wrote, a model file, or ${SHIPPED_CODEC}: the small one that comes along`

/**
 * @param path a folder with `model.safetensors`, such a file, or the name of the one that comes along
 * @throws WinnowError when it is not there, broken, or holds another kind of model
 */
export async function loadCodec(path: string): Promise<LatentCodec> {
  if (path === SHIPPED_CODEC) return await loadTinyCodec()
  const found = await stat(path).catch(() => undefined)
  return restoreCodec(found?.isDirectory() ? join(path, 'model.safetensors') : path)
}
