/** Loading an optional package, and starting the tfjs backend that it registers. */
import {
  engine,
  findBackendFactory,
  registerBackend,
  removeBackend,
  setBackend,
} from '@tensorflow/tfjs-core'
import { check, WinnowError } from '../error.ts'

/** Runs `load`, an `import()` of the package; a missing package becomes a sentence that says what to install. */
export async function optionalPackage<T>(packageName: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load()
  } catch (cause) {
    const message = firstLine(cause)
    // Node, Vite and browsers each say it their way. A package that is there may itself miss another: then the quoted
    // name is the other's, and the original sentence says more.
    const absent =
      /cannot find|could not resolve|failed to resolve/i.test(message) &&
      [`'${packageName}'`, `"${packageName}"`].some((quoted) => message.includes(quoted))
    throw new WinnowError(
      absent
        ? `the package ${packageName} is not installed`
        : `the package ${packageName} does not load: ${message}`,
      { cause },
    )
  }
}

/**
 * Imports a package that only Node can load. The name is not a literal, so that a bundler for browsers leaves the
 * import alone instead of packing native code.
 *
 * An optional peer may be installed where the application can see it and this file cannot (a linked package, a strict
 * `node_modules`): then it is resolved from the program that runs, and from the working directory.
 */
export async function nodePackage<T>(packageName: string): Promise<T> {
  const load = (from: string): Promise<T> =>
    import(/* @vite-ignore */ /* webpackIgnore: true */ from) as Promise<T>
  return optionalPackage(packageName, async () => {
    try {
      return await load(packageName)
    } catch (error) {
      const found = resolveForProgram(packageName)
      if (found === undefined) throw error
      return await load(found)
    }
  })
}

/** The file URL of a package as the running program, or else the working directory, would find it. */
function resolveForProgram(packageName: string): string | undefined {
  const { createRequire } = process.getBuiltinModule('node:module')
  const { pathToFileURL } = process.getBuiltinModule('node:url')
  for (const place of [process.argv[1], `${process.cwd()}/package.json`]) {
    if (place === undefined) continue
    try {
      return pathToFileURL(createRequire(place).resolve(packageName)).href
    } catch {
      // Not to be found from there.
    }
  }
  return undefined
}

/** Starts the tfjs backend of that name, which must be registered. Unlike `setBackend` alone it throws the reason. */
export async function startRegistered(name: string): Promise<void> {
  if (!(name in engine().registry)) {
    const factory = findBackendFactory(name)
    check(typeof factory === 'function', () => `tfjs has no backend '${name}' registered`)
    const priority = engine().registryFactory[name]?.priority ?? 1
    const instance = await factory()
    removeBackend(name)
    registerBackend(name, () => instance, priority)
  }
  check(await setBackend(name), () => `tfjs could not activate '${name}'`)
}

/** The first line of what was thrown, without a full stop: an Error, or whatever else a library rejects with. */
export function firstLine(thrown: unknown): string {
  const message = (thrown as { message?: unknown } | null)?.message ?? thrown
  return (String(message).split('\n')[0] as string).trim().replace(/\.+$/, '')
}
