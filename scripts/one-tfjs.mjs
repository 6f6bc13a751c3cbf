// Two copies of tfjs-core would not know each other's tensors: fails unless exactly one is installed.
import { execute } from './command.mjs'

const { ok, output } = await execute('pnpm why -r --json @tensorflow/tfjs-core')
/** @type {{ version: string, path: string }[]} */
const found = ok ? JSON.parse(output) : []
if (!ok) console.error(output)
for (const { version, path } of found) console.log(`@tensorflow/tfjs-core ${version} in ${path}`)
process.exitCode = found.length === 1 ? 0 : 1
