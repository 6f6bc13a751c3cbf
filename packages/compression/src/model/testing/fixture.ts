/**
 * A small trained codec and files that it wrote, kept in `fixtures/`: so that what one program writes another can be seen to
 * read. `writeFixtures` made them in Node; `from-chromium.wnw` was written by `files.browser.test.ts`, which says how.
 */
import { tensor } from '@tensorflow/tfjs-core'
import { deserialise, Rng, serialise } from '@winnow/core'
import { compressImage } from '../../image/compress-image.ts'
import { decompressImage } from '../../image/decompress-image.ts'
import type { CodecImage } from '../../image/image.ts'
import { HyperpriorCodec, type HyperpriorCodecConfig } from '../hyperprior-codec.ts'
import { pictures } from './pictures.ts'
import { train } from './small-codec.ts'

const config: HyperpriorCodecConfig = {
  channels: 4,
  latents: 6,
  context: 'checkerboard',
  lambda: [0.01, 0.05],
}

/** Reads and writes files of `fixtures/`. */
export interface FixtureFolder {
  read(name: string): Promise<Uint8Array>
  write(name: string, bytes: Uint8Array): Promise<void>
}

/** The picture in the files: 100 x 84 pixels. */
export function fixturePicture(): CodecImage {
  const [width, height] = [100, 84]
  const values = pictures(1, 100, 31).subarray(0, width * height * 3)
  return {
    data: Uint8Array.from(values, (value) => Math.round(255 * value)),
    width,
    height,
    channels: 3,
  }
}

/** The codec with its stored weights. */
export async function fixtureCodec(folder: Pick<FixtureFolder, 'read'>): Promise<HyperpriorCodec> {
  const codec = new HyperpriorCodec(config, new Rng(1))
  deserialise(codec, await folder.read('codec.safetensors'))
  return codec
}

/** How far pixels lie from those that `decoded.raw` holds: the furthest, and how many differ at all. */
export async function comparePixels(
  image: CodecImage,
  folder: Pick<FixtureFolder, 'read'>,
  name: string,
): Promise<{ readonly furthest: number; readonly different: number }> {
  const expected = await folder.read(name)
  let [furthest, different] = [0, Math.abs(expected.length - image.data.length)]
  for (let i = 0; i < expected.length; i++) {
    const distance = Math.abs((expected[i] as number) - (image.data[i] as number))
    furthest = Math.max(furthest, distance)
    if (distance > 0) different++
  }
  return { furthest, different }
}

/** Trains the codec and writes it, a file, and what that is decoded to. */
export async function writeFixtures(folder: FixtureFolder): Promise<void> {
  using codec = new HyperpriorCodec(config, new Rng(1))
  await train(codec, 150)
  const images = tensor(pictures(6, 128), [6, 128, 128, 3])
  await codec.prepareForCoding(images)
  images.dispose()
  await folder.write('codec.safetensors', await serialise(codec))
  const bytes = await compressImage(codec, fixturePicture(), { quality: 1 })
  await folder.write('from-node.wnw', bytes)
  const { data } = await decompressImage(bytes, codec)
  await folder.write('from-node.raw', data as Uint8Array)
}
