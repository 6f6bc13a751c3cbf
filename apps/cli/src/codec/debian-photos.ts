/**
 * Photos that come inside Debian packages: of opencv-doc (Apache-2.0) those to train on and to watch, of python3-skimage (each
 * public domain, CC0 or BSD-3) those to test on, which are PNG files. Fetched and unpacked on first use, never installed.
 */
import { join } from 'node:path'
import { fetchDebianPackage } from '../data/debian.ts'
import type { PhotoParts } from './photos.ts'
import type { FoundFile } from './picture-files.ts'

/** What `--data` and `--images` call them. */
export const DEBIAN_PHOTOS = 'photos'

const OPENCV = 'usr/share/doc/opencv-doc/examples'
const SKIMAGE = 'usr/lib/python3/dist-packages/skimage/data'

/** Colour photos; one of each pair that shows the same from two places. */
const TRAIN = [
  ...['aero1', 'aero3', 'aloeL', 'apple', 'baboon', 'board', 'building', 'butterfly', 'fruits'],
  ...['home', 'left', 'orange', 'pca_test1', 'squirrel_cls'],
].map((name) => `data/${name}.jpg`)
const TRAIN_ELSEWHERE = [
  ...['data/graf1.png', 'data/rubberwhale1.png', 'alphamat/input_images/plant.jpg'],
  ...[1, 2, 3, 4, 5, 6].map((number) => `text/scenetext0${number}.jpg`),
]
const VALIDATION = ['data/leuvenA.jpg', 'data/messi5.jpg', 'data/stuff.jpg']
const TEST = ['astronaut', 'chelsea', 'coffee', 'motorcycle_left']

/** The photos in three parts. @throws WinnowError where apt cannot fetch them */
export async function debianPhotos(): Promise<PhotoParts> {
  const [opencv, test] = await Promise.all([fetchDebianPackage('opencv-doc'), testPhotos()])
  const found = (names: readonly string[]): FoundFile[] =>
    names.map((inside) => ({ path: join(opencv, OPENCV, inside), inside }))
  return {
    name: DEBIAN_PHOTOS,
    train: found([...TRAIN, ...TRAIN_ELSEWHERE]),
    validation: found(VALIDATION),
    test,
  }
}

/** Those to test on alone. */
export async function testPhotos(): Promise<FoundFile[]> {
  const skimage = await fetchDebianPackage('python3-skimage')
  return TEST.map((name) => ({
    path: join(skimage, SKIMAGE, `${name}.png`),
    inside: `${name}.png`,
  }))
}
