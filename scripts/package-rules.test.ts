import { expect, test } from 'vitest'
import { packageFiles } from './new-package.mjs'
import { manifestProblems, staticBackendImports, workspaceProblems } from './package-rules.mjs'

const good = JSON.parse(packageFiles('sample', 'A sample', '0.1.0')['package.json'] ?? '')
const problems = (change: object): string[] =>
  manifestProblems({ ...good, ...change }, { isApp: false })

test('a package made by new-package has no problem, and neither has the workspace', () => {
  expect(problems({})).toEqual([])
  expect(workspaceProblems()).toEqual([])
})

test.each([
  ['exports', { exports: { './package.json': './package.json', '.': './dist/index.js' } }],
  ['exports', { exports: { ...good.exports, '.': { default: './dist/index.js' } } }],
  ['exports', { exports: { '.': good.exports['.'] } }],
  ['files', { files: ['dist'] }],
  ['engines', { engines: { node: '>=22' } }],
  ['sideEffects', { sideEffects: true }],
  ['publishConfig', { private: false, publishConfig: undefined }],
  ['second copy', { dependencies: { '@tensorflow/tfjs-core': '^4.22.0' } }],
  ['second copy', { dependencies: { '@tensorflow/tfjs-backend-wasm': '4.22.0' } }],
  ['workspace:^', { dependencies: { '@winnow/core': '^0.1.0' } }],
  ['majors', { peerDependencies: { '@winnow/core': 'workspace:^' } }],
  ['catalog:', { devDependencies: {} }],
  ['optional', { peerDependencies: { ...good.peerDependencies, webgpu: '0.6.2' } }],
])('a wrong manifest is caught: %s', (word, change) => {
  expect(problems(change).join('\n')).toContain(word)
})

test('an app may depend on tfjs itself', () => {
  const app = { ...good, dependencies: { '@tensorflow/tfjs-core': 'catalog:' } }
  expect(manifestProblems(app, { isApp: true })).toEqual([])
})

test('a backend may be imported on demand alone', () => {
  const wasm = '@tensorflow/tfjs-backend-wasm'
  expect(staticBackendImports(`import "${wasm}";`)).toEqual([wasm])
  expect(staticBackendImports(`import { setWasmPaths as s } from "${wasm}";`)).toEqual([wasm])
  expect(staticBackendImports(`import {\n  a,\n  b\n} from '${wasm}'\n`)).toEqual([wasm])
  expect(staticBackendImports(`export { a } from "${wasm}";`)).toEqual([wasm])
  expect(staticBackendImports(`import ort from "onnxruntime-node";`)).toEqual(['onnxruntime-node'])
  expect(staticBackendImports(`const m = await import("${wasm}");`)).toEqual([])
  expect(staticBackendImports(`import { add } from "@tensorflow/tfjs-core";`)).toEqual([])
})
