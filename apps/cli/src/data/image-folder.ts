/**
 * A folder of images: PNG, JPEG or WebP, one class a subfolder, scaled and cropped to one size.
 */
import { readdir } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { basename, extname, join } from 'node:path'
import { WinnowError } from '@winnow/core'
import { decodeImage, type ImageSize, inspectImage } from './image-file.ts'
import { type LoadedData, type LoadOptions, partOf } from './loaded-data.ts'

const extensions = new Set(['.png', '.jpg', '.jpeg', '.webp'])
const mostBytes = 2 ** 31

interface ImageFile {
  readonly path: string
  /** The subfolder it lies in. */
  readonly className: string | undefined
}

/**
 * Loads the images below `folder`. Subfolders are classes; subfolders `train` and `test` are the parts.
 * @throws WinnowError naming the file that cannot be read, or what to choose when sizes differ
 */
export async function loadImageFolder(
  folder: string,
  options: LoadOptions = {},
): Promise<LoadedData> {
  const { split = 'train' } = options
  const { folders } = await list(folder)
  const hasParts = folders.includes('train') && folders.includes('test')
  if (!hasParts) return partOf(await load(await filesOf(folder), folder, options), split)
  const parts = split === 'all' ? ['train', 'test'] : [split]
  const files = await Promise.all(parts.map((part) => filesOf(join(folder, part))))
  return load(files.flat(), folder, options)
}

async function load(
  files: readonly ImageFile[],
  folder: string,
  options: LoadOptions,
): Promise<LoadedData> {
  const [first] = files
  if (first === undefined) {
    throw new WinnowError(
      `${folder}: no images there, expected ${[...extensions].join(', ')} files`,
    )
  }
  const sizes = await inParallel(files, (file) => inspectImage(file.path))
  const [height, width] = commonSize(files, sizes, options.size)
  const channels = options.channels ?? (sizes.every((size) => size.channels < 3) ? 1 : 3)
  const itemSize = height * width * channels
  if (files.length * itemSize > mostBytes) {
    throw new WinnowError(
      `${folder}: ${files.length} images of ${height}x${width}x${channels} do not fit in 2 GiB; choose a smaller size`,
    )
  }
  const images = new Uint8Array(files.length * itemSize)
  await inParallel(files, async (file, index) => {
    images.set(await decodeImage(file.path, { height, width, channels }), index * itemSize)
  })
  const loaded = { name: basename(folder), images, shape: [files.length, height, width, channels] }
  if (first.className === undefined) return loaded
  const classNames = [...new Set(files.map((file) => file.className as string))].sort()
  const labels = Int32Array.from(files, (file) => classNames.indexOf(file.className as string))
  return { ...loaded, labels, classNames }
}

/** The images below `folder` in the order of their names. */
async function filesOf(folder: string): Promise<ImageFile[]> {
  const { files, folders } = await list(folder)
  const below = await Promise.all(
    folders.map(async (className) =>
      (await pathsBelow(join(folder, className))).map((path) => ({ path, className })),
    ),
  )
  const inside = below.flat()
  if (files.length > 0 && inside.length > 0) {
    throw new WinnowError(
      `${folder}: images both in it and in its subfolders (classes), expected either; '${files[0]}' is one`,
    )
  }
  return inside.length > 0
    ? inside
    : files.map((file) => ({ path: join(folder, file), className: undefined }))
}

async function pathsBelow(folder: string): Promise<string[]> {
  const { files, folders } = await list(folder)
  const deeper = await Promise.all(folders.map((name) => pathsBelow(join(folder, name))))
  return [...files.map((file) => join(folder, file)), ...deeper.flat()]
}

async function list(folder: string): Promise<{ files: string[]; folders: string[] }> {
  const entries = (await readdir(folder, { withFileTypes: true })).filter(
    (entry) => !entry.name.startsWith('.'),
  )
  const names = (chosen: typeof entries) => chosen.map((entry) => entry.name).sort()
  return {
    files: names(
      entries.filter(
        (entry) => !entry.isDirectory() && extensions.has(extname(entry.name).toLowerCase()),
      ),
    ),
    folders: names(entries.filter((entry) => entry.isDirectory())),
  }
}

function commonSize(
  files: readonly ImageFile[],
  sizes: readonly ImageSize[],
  size: LoadOptions['size'],
): readonly [height: number, width: number] {
  const [first] = sizes as [ImageSize]
  const chosen = typeof size === 'number' ? ([size, size] as const) : size
  if (chosen !== undefined) {
    if (chosen.every((side) => Number.isInteger(side) && side > 0)) return chosen
    throw new WinnowError(`size: [${chosen}] came, expected whole numbers of pixels > 0`)
  }
  const odd = sizes.findIndex(
    ({ height, width }) => height !== first.height || width !== first.width,
  )
  if (odd === -1) return [first.height, first.width]
  throw new WinnowError(
    `${(files[odd] as ImageFile).path}: ${sizes[odd]?.height}x${sizes[odd]?.width} pixels, the images before it have ` +
      `${first.height}x${first.width}; choose a size to scale and crop all to`,
  )
}

/** Runs `work` on all items, as many at a time as there are processors. */
async function inParallel<T, R>(
  items: readonly T[],
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results = new Array<R>(items.length)
  let next = 0
  const worker = async () => {
    while (next < items.length) {
      const index = next++
      results[index] = await work(items[index] as T, index)
    }
  }
  await Promise.all(Array.from({ length: availableParallelism() }, worker))
  return results
}
