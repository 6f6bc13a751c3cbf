// The weight of each published library on its own: what it imports is not counted. Raise a limit
// knowingly. A check without `import` would count a polyfill too, so every one has it.
import { workspacePackages } from './scripts/workspace.mjs'

const limits = {
  '@winnow/core': '70 kB',
  '@winnow/graph': '40 kB',
  // Every layer, norm, attention, quantiser and wavelet, and the names that other libraries give their weights.
  '@winnow/layers': '26 kB',
  // Pre-training, fine-tuning, four indexes, measures and file formats.
  '@winnow/retrieval': '24 kB',
}

export default workspacePackages()
  .filter(({ folder, manifest }) => folder.startsWith('packages/') && !manifest.private)
  .map(({ folder, manifest }) => ({
    name: manifest.name,
    path: `${folder}/dist/index.js`,
    import: '*',
    limit: limits[manifest.name] ?? '20 kB',
    ignore: [
      'node:*',
      '@tensorflow/*',
      ...Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }),
    ],
  }))
