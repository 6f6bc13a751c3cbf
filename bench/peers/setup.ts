/** `npm run bench -- --setup`: the Python environment of the rivals, bench/peers/.venv, from pinned versions. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { peerPython } from '../participants.ts'

function run(command: string, args: readonly string[]): boolean {
  console.log(`${command} ${args.join(' ')}`)
  return spawnSync(command, args, { stdio: 'inherit' }).status === 0
}

const here = fileURLToPath(new URL('.', import.meta.url))
const found = ['python3', 'python'].find(
  (name) => spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0,
)
if (found === undefined) {
  console.error('Python 3.11 or newer is needed for PyTorch and JAX; install it and try again')
  process.exitCode = 1
} else {
  const python = peerPython()
  const done =
    (existsSync(python) || run(found, ['-m', 'venv', `${here}.venv`])) &&
    run(python, ['-m', 'pip', 'install', '--quiet', '-r', `${here}requirements.txt`]) &&
    run(python, [
      '-c',
      'import torch, jax; print("PyTorch", torch.__version__, "JAX", jax.__version__)',
    ])
  if (!done) console.error('The environment could not be made; the benches skip PyTorch and JAX')
  process.exitCode = done ? 0 : 1
}
