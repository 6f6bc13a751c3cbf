// `npm run coverage`: how much of core, graph and onnx the tests run through, in Node and in Chromium, and every file under
// 90 % of lines.
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { findChromium } from './chromium.mjs'
import { environment, root } from './command.mjs'
import { runMain, setUp } from './setup.mjs'

const packages = ['core', 'graph', 'onnx']
const least = 90

/**
 * Per package the share of lines that tests run, and the files below `least` percent.
 *
 * @param {Record<string, { lines: { total: number, covered: number, pct: number } }>} summary by absolute path
 * @param {string} folder that paths are shown relative to
 */
export function coverageReport(summary, folder) {
  const files = Object.entries(summary)
    .filter(([path]) => path !== 'total')
    .map(([path, { lines }]) => ({ path: relative(folder, path).replaceAll('\\', '/'), ...lines }))
  const shares = packages.map((name) => {
    const own = files.filter(({ path }) => path.startsWith(`packages/${name}/`))
    const total = own.reduce((sum, file) => sum + file.total, 0)
    const covered = own.reduce((sum, file) => sum + file.covered, 0)
    return { name, share: total === 0 ? 100 : (100 * covered) / total }
  })
  const low = files
    .filter(({ total, pct }) => total > 0 && pct < least)
    .sort((a, b) => a.pct - b.pct)
  return { shares, low }
}

/** Runs the tests of the three packages, and of those that train on them, with coverage. */
async function main() {
  await setUp()
  const folder = mkdtempSync(join(tmpdir(), 'winnow-coverage-'))
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs')
  const chromium = findChromium() !== undefined
  if (!chromium) console.log('Without Chromium the files for WebGPU count as not tested.')
  const args = [
    ...[
      'run',
      '--coverage.enabled',
      '--coverage.reportOnFailure',
      '--coverage.provider=v8',
      '--project',
      'node',
    ],
    ...(chromium ? ['--project', 'browser'] : []),
    ...packages.map((name) => `--coverage.include=packages/${name}/src/**/*.ts`),
    ...['**/*.test.ts', '**/testing/**', '**/index.ts'].map((glob) => `--coverage.exclude=${glob}`),
    ...['--coverage.reporter=json-summary', `--coverage.reportsDirectory=${folder}`],
    ...[...packages, 'vae'].map((name) => `packages/${name}/src`),
  ]
  try {
    const code = await new Promise((resolve, reject) => {
      spawn(process.execPath, [vitest, ...args], { cwd: root, stdio: 'inherit', env: environment })
        .on('error', reject)
        .on('close', resolve)
    })
    const summary = JSON.parse(readFileSync(join(folder, 'coverage-summary.json'), 'utf8'))
    const { shares, low } = coverageReport(summary, root)
    for (const { name, share } of shares)
      console.log(`${name.padEnd(6)} ${share.toFixed(1)} % of lines`)
    for (const { path, pct } of low) console.log(`${pct.toFixed(1).padStart(5)} %  ${path}`)
    console.log(`${low.length} files under ${least} %`)
    return code === 0 ? 0 : 1
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

if (process.argv[1] === new URL(import.meta.url).pathname) await runMain(main)
