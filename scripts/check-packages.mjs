// `npm run check:packages`: packs what is published, installs it in fresh folders outside this repository with npm and
// with pnpm, trains one step of a small VAE on every runtime and backend, and reads the models that packages bring.
// `--with npm` takes one installer, `--part all`, `least` or `alone` one kind of folder; with `--keep` the folders stay.
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { runIn } from './check-packages/child.mjs'
import { inChromium, viteBuild } from './check-packages/chromium.mjs'
import { copies, install } from './check-packages/install.mjs'
import { pack, publicPackages } from './check-packages/pack.mjs'
import { programs } from './check-packages/programs.mjs'
import { Report } from './check-packages/report.mjs'
import { prepareRuntime, runtimeNames } from './check-packages/runtimes.mjs'
import { execute, root } from './command.mjs'
import { runMain, SetupError, setUp } from './setup.mjs'

/** @import { Manager } from './check-packages/install.mjs' */
/** @import { Packed } from './check-packages/pack.mjs' */
/** @import { Runtime } from './check-packages/runtimes.mjs' */

const tfjs = Object.fromEntries(
  ['core', 'backend-cpu', 'backend-wasm', 'backend-webgpu'].map((name) => [
    `@tensorflow/tfjs-${name}`,
    '4.22.0',
  ]),
)
const everything = { ...tfjs, 'onnxruntime-node': '1.30.0' }

/** The same seed gives the same loss everywhere: the first one seen is what the others must be close to. */
let expectedLoss = Number.NaN

/**
 * @param {unknown} result what `trainOneStep` gave
 * @param {string} backend that must have been active
 */
function checkResult(result, backend) {
  const { backend: active, steps, loss, change } = Object(result)
  if (Number.isNaN(expectedLoss)) expectedLoss = loss
  const near = Math.abs(loss - expectedLoss) < 1e-4 * Math.abs(expectedLoss)
  // The first step of Adam moves every parameter by about the learning rate, 0.01.
  const moved = change > 0.005 && change < 0.02
  if (active === backend && steps === 1 && near && moved) return
  throw new Error(
    `${JSON.stringify(result)}: expected the backend ${backend}, 1 step, a loss of ${expectedLoss}, a change of 0.01`,
  )
}

/**
 * @param {Report} report
 * @param {Manager} manager
 * @param {Runtime} runtime
 * @param {string} folder
 * @param {readonly string[]} entries
 */
async function checkRuntime(report, manager, { name, isNode, command }, folder, entries) {
  const run = (/** @type {string[]} */ ...args) => runIn(folder, [...command, ...args])
  await report.row([manager, name, 'import of every entry'], () =>
    run('import-all.mjs', ...entries),
  )
  if (isNode) {
    await report.row([manager, name, 'require() of every entry'], () =>
      run('require-all.cjs', ...entries),
    )
  }
  for (const backend of ['onnx', 'wasm', 'cpu']) {
    await report.row([manager, name, `one step on ${backend}`], async () =>
      checkResult(JSON.parse(await run('train.mjs', backend)), backend),
    )
  }
}

/**
 * @param {Report} report
 * @param {Manager} manager
 * @param {string} folder
 * @param {{ title: string, backends: { title: string, options: object, expected: string }[] }} what
 */
async function checkBrowser(report, manager, folder, { title, backends }) {
  const built = await report.row([manager, 'Vite', title], async () => {
    await viteBuild(folder)
    return true
  })
  if (!built) return
  for (const { title: check, options, expected } of backends) {
    await report.row([manager, 'Chromium', check], () =>
      inChromium(folder, async (call) => checkResult(await call('train', options), expected)),
    )
  }
}

/**
 * @param {Report} report
 * @param {Manager} manager
 * @param {string} folder
 * @param {Runtime} runtime
 * @param {readonly string[]} weights packages that bring a model
 */
async function checkWeights(report, manager, folder, runtime, weights) {
  const title = `load ${weights.join(', ')}`
  await report.row([manager, runtime.name, title], () =>
    runIn(folder, [...runtime.command, 'load.mjs']),
  )
  await report.row([manager, 'Chromium', title], () =>
    inChromium(folder, async (call) => void (await call('load', { name: 'cpu' }))),
  )
}

/** The declarations as a strict compiler reads them outside this repository. Those of tfjs have faults of their own. */
async function checkTypes(/** @type {string} */ folder) {
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const flags = '--strict --noEmit --module nodenext --target es2023 --lib esnext,dom'
  const command = [process.execPath, compiler, ...flags.split(' '), 'types.mts']
  const said = await runIn(folder, command).catch((error) => String(error.message))
  const theirs = /node_modules[\\/](@tensorflow|@webgpu|@types|typescript)[\\/]/
  const errors = said.split('\n').filter((line) => / error TS|^error/.test(line))
  const ours = errors.filter((line) => !theirs.test(line))
  if (ours.length > 0) throw new Error(ours.join('\n'))
}

/**
 * All packages and all backends in one folder.
 *
 * @param {Report} report
 * @param {Manager} manager
 * @param {string} folder
 * @param {readonly Packed[]} packed
 * @param {readonly Runtime[]} runtimes
 */
async function checkTogether(report, manager, folder, packed, runtimes) {
  const entries = packed.flatMap((each) => each.entries)
  const names = packed.map(({ name }) => name)
  const weights = packed.filter((each) => each.weights).map(({ name }) => name)
  const installed = await report.row([manager, '', 'install all'], async () => {
    await install(manager, folder, { names, others: everything, packed })
    return true
  })
  if (!installed) return
  writePrograms(folder, { entries, weights })
  for (const name of ['@tensorflow/tfjs-core', '@winnow/core']) {
    await report.row([manager, '', `one copy of ${name}`], async () => oneCopy(folder, name))
  }
  await report.row([manager, 'TypeScript', 'types of every entry'], () => checkTypes(folder))
  for (const runtime of runtimes) await checkRuntime(report, manager, runtime, folder, entries)
  await checkBrowser(report, manager, folder, {
    title: 'build with every backend',
    backends: ['webgpu', 'wasm', 'cpu'].map((name) => ({
      title: `one step on ${name}`,
      options: { name, software: true },
      expected: name,
    })),
  })
  const [first] = runtimes
  if (first !== undefined && weights.length > 0) {
    await checkWeights(report, manager, folder, first, weights)
  }
}

/**
 * The least that trains: no optional peer but one backend, which is then found without being named.
 *
 * @param {Report} report
 * @param {Manager} manager
 * @param {string} folder
 * @param {readonly Packed[]} packed
 * @param {Runtime} runtime
 */
async function checkLeast(report, manager, folder, packed, runtime) {
  const names = ['@winnow/core', '@winnow/layers', '@winnow/vae']
  const [core, cpu] = ['@tensorflow/tfjs-core', '@tensorflow/tfjs-backend-cpu']
  const installed = await report.row([manager, '', 'install the least that trains'], async () => {
    await install(manager, folder, { names, others: { [core]: '4.22.0', [cpu]: '4.22.0' }, packed })
    oneCopy(folder, core)
    return true
  })
  if (!installed) return
  writePrograms(folder, { entries: names })
  const title = 'one step on what is found'
  await report.row([manager, runtime.name, title], async () => {
    checkResult(JSON.parse(await runIn(folder, [...runtime.command, 'train.mjs'])), 'cpu')
  })
  await checkBrowser(report, manager, folder, {
    title: 'build with one backend',
    backends: [{ title, options: {}, expected: 'cpu' }],
  })
}

/**
 * One package and nothing else: its dependencies and its peers must be what it says.
 *
 * @param {Report} report
 * @param {Manager} manager
 * @param {string} folder
 * @param {readonly Packed[]} packed
 * @param {Packed} one
 * @param {Runtime} runtime
 */
async function checkAlone(report, manager, folder, packed, one, runtime) {
  await report.row([manager, runtime.name, `${one.name} alone`], async () => {
    await install(manager, folder, { names: [one.name], packed })
    oneCopy(folder, '@tensorflow/tfjs-core')
    writePrograms(folder, { entries: one.entries })
    await runIn(folder, [...runtime.command, 'import-all.mjs', ...one.entries])
  })
  if (one.name !== 'winnow') return
  const winnow = (/** @type {string} */ words) =>
    runIn(folder, [join('node_modules', '.bin', 'winnow'), ...words.split(' ')])
  await report.row([manager, 'winnow', 'systems, train vae, eval'], async () => {
    await winnow('systems')
    await winnow('train vae --data mnist --steps 2 --hidden 16 --latent 2 --backend wasm --out run')
    await winnow('eval run --backend wasm')
  })
}

/**
 * @param {string} folder
 * @param {string} name
 */
function oneCopy(folder, name) {
  const found = copies(folder, name)
  if (found.length !== 1) throw new Error(`${found.length} copies of ${name}\n${found.join('\n')}`)
}

/**
 * @param {string} folder
 * @param {{ entries: readonly string[], weights?: readonly string[] }} options
 */
function writePrograms(folder, options) {
  for (const [file, text] of Object.entries(programs(options))) {
    writeFileSync(join(folder, file), text)
  }
}

await runMain(async () => {
  await setUp()
  const build = 'turbo run build --output-logs=errors-only'
  const { ok, output } = await execute(build)
  if (!ok) throw new SetupError(`Building failed: ${build}`, output)

  const { values } = parseArgs({
    options: { with: { type: 'string' }, part: { type: 'string' }, keep: { type: 'boolean' } },
  })
  const wanted = (/** @type {string} */ part) => values.part === undefined || values.part === part
  const top = mkdtempSync(join(realpathSync(tmpdir()), 'winnow-packages-'))
  const report = new Report()
  try {
    /** @type {Packed[]} */
    const packed = []
    for (const source of publicPackages()) {
      const names = /** @type {[string, string, string]} */ ([
        '',
        '',
        `pack ${source.manifest.name}`,
      ])
      const tarball = await report.row(names, () => pack(source, join(top, 'packed')))
      if (tarball !== undefined) packed.push(tarball)
    }
    /** @type {Runtime[]} */
    const runtimes = []
    for (const name of runtimeNames) {
      const runtime = await report.row(['npm', name, 'the program'], () =>
        prepareRuntime(name, join(top, 'runtimes')),
      )
      if (runtime !== undefined) runtimes.push(runtime)
    }
    const [first = { name: 'Node', isNode: true, command: [process.execPath] }] = runtimes
    for (const manager of /** @type {const} */ (['npm', 'pnpm'])) {
      if (values.with !== undefined && values.with !== manager) continue
      const folder = join(top, manager)
      if (wanted('all')) {
        await checkTogether(report, manager, join(folder, 'all'), packed, runtimes)
      }
      if (wanted('least')) {
        await checkLeast(report, manager, join(folder, 'least'), packed, first)
      }
      if (wanted('alone')) {
        for (const [index, one] of packed.entries()) {
          await checkAlone(report, manager, join(folder, `alone-${index}`), packed, one, first)
        }
      }
    }
    return report.finish()
  } finally {
    if (values.keep) console.log(`\nKept: ${top}`)
    else rmSync(top, { recursive: true, force: true })
  }
})
