import type { UserConfig } from 'tsdown'

/** One build for every package: ESM, one output file per source file, declarations beside. */
export const base: UserConfig = {
  entry: ['src/index.ts'],
  format: 'esm',
  platform: 'neutral',
  unbundle: true,
  dts: true,
  sourcemap: true,
  clean: true,
  // Never bundle what is installed beside us; node: imports are reached through import() on purpose.
  external: [/^node:/, /^@winnow\//, /^@tensorflow\//],
}
