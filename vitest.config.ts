import { fileURLToPath } from 'node:url'
import { playwright } from '@vitest/browser-playwright'
import { defaultClientConditions, defaultServerConditions } from 'vite'
import { defineConfig } from 'vitest/config'
import { findChromium } from './scripts/chromium.mjs'
import { filesWithExamples, markdownExamples } from './scripts/markdown-examples.ts'

/** The engine is an optional peer that core imports by name: core itself does not depend on it, so it is named here. */
const alias = {
  '@winnow/onnx': fileURLToPath(new URL('packages/onnx/src/index.ts', import.meta.url)),
}

/** Packages are read from their sources: nothing has to be built before a test. */
const fromSource = {
  server: {
    resolve: { alias },
    ssr: { resolve: { conditions: ['@winnow/source', ...defaultServerConditions] } },
  },
  client: { resolve: { conditions: ['@winnow/source', ...defaultClientConditions] } },
}

const chromiumArguments = [
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--enable-unsafe-webgpu',
]

const executablePath = findChromium()

// `npm run check:slow` runs the long tests, and those alone.
const slow = process.env.WINNOW_SLOW === '1'

export default defineConfig({
  test: {
    projects: [
      {
        ...fromSource.server,
        test: {
          name: 'node',
          include: ['packages', 'apps', 'scripts'].map(
            (folder) => `${folder}/**/*${slow ? '.slow' : ''}.test.ts`,
          ),
          exclude: [
            '**/*.browser.test.ts',
            ...(slow ? [] : ['**/*.slow.test.ts']),
            '**/node_modules/**',
            '**/dist/**',
          ],
          setupFiles: ['./vitest.setup.ts'],
          testTimeout: slow ? 3_600_000 : 30_000,
        },
      },
      {
        ...fromSource.client,
        test: {
          name: 'browser',
          include: ['packages/*/src/**/*.browser.test.ts', 'apps/*/src/**/*.browser.test.ts'],
          setupFiles: ['./vitest.matchers.ts'],
          testTimeout: 120_000,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({
              launchOptions: {
                ...(executablePath === undefined ? {} : { executablePath }),
                args: chromiumArguments,
              },
            }),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
      {
        ...fromSource.server,
        plugins: [markdownExamples()],
        test: {
          name: 'examples',
          include: filesWithExamples(),
          setupFiles: ['./vitest.matchers.ts'],
          testTimeout: 120_000,
        },
      },
    ],
  },
})
