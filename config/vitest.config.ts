import { defineConfig } from 'vitest/config';

/**
 * Four kinds of tests: `unit` touches no socket, `simulation` folds long seeded histories,
 * `integration` runs real servers, `browser` opens the page of a running service in Chromium.
 */
export default defineConfig({
  root: new URL('..', import.meta.url).pathname,
  test: {
    passWithNoTests: true,
    setupFiles: ['test/property-seed.ts'],
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/integration/**', 'test/simulation/**', 'test/browser/**'],
        },
      },
      {
        extends: true,
        test: {
          name: 'simulation',
          include: ['test/simulation/**/*.test.ts'],
          testTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
