import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const source = (path: string): string => fileURLToPath(new URL(`./src/${path}`, import.meta.url));

/** Specs import the package by its public names and get the sources, so that no build is needed to run them. */
const alias = [
  { find: /^weirflow$/, replacement: source('index.ts') },
  { find: /^weirflow\/testing$/, replacement: source('testing.ts') },
  { find: /^weirflow\/inspect$/, replacement: source('inspect.ts') },
  { find: /^weirflow\/state$/, replacement: source('state.ts') },
  { find: /^weirflow\/connectors\/([^/]+)$/, replacement: source('connectors/$1/index.ts') },
];

/** What is in one process runs beside others of its kind; integration specs start processes of their own, and run alone behind them. */
const beside = { maxWorkers: availableParallelism(), sequence: { groupOrder: 0 } };
const alone = { maxWorkers: 1, sequence: { groupOrder: 1 } };

export default defineConfig({
  resolve: { alias },
  test: {
    projects: [
      {
        extends: true,
        test: { ...beside, name: 'specs', include: ['specs/**/*.spec.ts'], exclude: ['specs/integration/**'] },
      },
      // What is about keyed state again, on the other backend.
      {
        extends: true,
        test: {
          ...beside,
          name: 'specs-on-disk',
          include: ['specs/engine/{state,operators,windows,time}/**/*.spec.ts', 'property-tests/state/*.property.ts'],
          env: { WEIRFLOW_TESTED_STATE: 'disk' },
          testTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: { ...beside, name: 'properties', include: ['property-tests/**/*.property.ts'], testTimeout: 120_000 },
      },
      {
        extends: true,
        test: {
          ...alone,
          name: 'integration',
          include: ['specs/integration/**/*.spec.ts'],
          globalSetup: ['specs/integration/build-once.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
