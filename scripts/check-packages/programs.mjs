// The programs that run in the fresh folders: text, since nothing that they import can be found from here.

/** Trains a small VAE for one step; in Node, Deno, Bun and a browser alike. */
const step = `
import * as tf from '@tensorflow/tfjs-core'
import { adamW, fit, fromArrays, parameters, Rng, useBackend } from '@winnow/core'
import { mlp } from '@winnow/layers'
import { VAE } from '@winnow/vae'

export async function trainOneStep(options) {
  await useBackend(options)
  const rng = new Rng(7)
  const data = new Float32Array(32 * 16)
  for (let i = 0; i < 32; i++) data.fill(1, i * 16 + (i % 4) * 4, i * 16 + (i % 4) * 4 + 4)
  const images = fromArrays({ data, shape: [32, 4, 4, 1] })
  const vae = new VAE({ input: [4, 4, 1], latent: 2, encoder: mlp([32]), decoder: mlp([32]) }, rng)
  const [first] = [...parameters(vae).values()]
  const before = await first.value.data()
  const { steps, history } = await fit(vae, images, {
    epochs: 1,
    batch: 32,
    optimizer: adamW({ learningRate: 0.01 }),
  })
  const after = await first.value.data()
  const change = Math.max(...after.map((value, index) => Math.abs(value - before[index])))
  return { backend: tf.getBackend(), steps, loss: history.steps[0].metrics.loss, change }
}
`

const train = `
import { trainOneStep } from './step.mjs'
const name = process.argv[2]
console.log(JSON.stringify(await trainOneStep(name === undefined ? {} : { name })))
`

const importAll = `
for (const name of process.argv.slice(2)) {
  const count = Object.keys(await import(name)).length
  if (count === 0) throw new Error(name + ' exports nothing')
}
`

/** Where `require` brought a second copy of the code, its classes would be others. */
const requireAll = `
async function main() {
  for (const name of process.argv.slice(2)) {
    const required = require(name)
    const imported = await import(name)
    for (const [key, value] of Object.entries(imported)) {
      if (required[key] !== value) throw new Error('require(' + name + ').' + key + ' is another')
    }
    require(name.split('/').slice(0, name.startsWith('@') ? 2 : 1).join('/') + '/package.json')
  }
}
main().catch((error) => {
  console.error(error)
  process.exitCode = 1
})
`

/**
 * Reads the models that packages bring: every function of theirs that is called `load...` works without arguments.
 *
 * @param {readonly string[]} names of the packages
 */
const shipped = (names) => `
import { useBackend } from '@winnow/core'
${names.map((name, index) => `import * as package${index} from '${name}'`).join('\n')}

export async function loadShipped(options) {
  await useBackend(options)
  const loaded = []
  for (const [name, found] of Object.entries({ ${names.map((name, index) => `'${name}': package${index}`).join(', ')} })) {
    const loaders = Object.entries(found).filter(([key]) => key.startsWith('load'))
    if (loaders.length === 0) throw new Error(name + ' has weights and exports nothing that loads them')
    for (const [key, load] of loaders) {
      if (typeof (await load()) !== 'object') throw new Error(name + ': ' + key + '() gives nothing')
      loaded.push(name + ' ' + key)
    }
  }
  return loaded
}
`

const load = `
import { loadShipped } from './shipped.mjs'
console.log(JSON.stringify(await loadShipped({ name: 'cpu' })))
`

const page = `<!doctype html><title>fresh</title><script type="module" src="./browser.mjs"></script>`

const browser = `
import { trainOneStep } from './step.mjs'
globalThis.train = trainOneStep
`

const browserWithAll = `
import plain from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url'
import simd from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url'
import threaded from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm?url'
import { loadShipped } from './shipped.mjs'
import { trainOneStep } from './step.mjs'

const wasmPaths = {
  'tfjs-backend-wasm.wasm': plain,
  'tfjs-backend-wasm-simd.wasm': simd,
  'tfjs-backend-wasm-threaded-simd.wasm': threaded,
}
globalThis.load = loadShipped
globalThis.train = (options) => trainOneStep({ ...options, wasmPaths })
`

/**
 * Imports everything, types included.
 *
 * @param {readonly string[]} entries
 */
const types = (entries) =>
  [
    ...entries.map((name, index) => `import * as entry${index} from '${name}'`),
    `export const all: object[] = [${entries.map((_, index) => `entry${index}`).join(', ')}]`,
  ].join('\n')

/**
 * @param {object} options
 * @param {readonly string[]} options.entries what can be imported
 * @param {readonly string[]} [options.weights] packages that bring a model; with them comes every backend
 * @returns {Record<string, string>} by file name
 */
export const programs = ({ entries, weights }) => ({
  'step.mjs': step,
  'train.mjs': train,
  'import-all.mjs': importAll,
  'require-all.cjs': requireAll,
  'index.html': page,
  'browser.mjs': weights === undefined ? browser : browserWithAll,
  ...(weights === undefined ? {} : { 'shipped.mjs': shipped(weights), 'load.mjs': load }),
  'types.mts': types(entries),
})
