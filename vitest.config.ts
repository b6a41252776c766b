import { defineConfig } from 'vitest/config';

/** A project per kind of test; `journey`, `long` and `faults` start the local stack: their files run one after another. */
export default defineConfig({
  test: {
    projects: [
      project('unit', { testTimeout: 10_000 }),
      project('contract', { testTimeout: 60_000 }),
      project('infra', { testTimeout: 120_000, hookTimeout: 120_000 }),
      project('local', { testTimeout: 60_000, hookTimeout: 60_000 }),
      project('journey', { testTimeout: 180_000, hookTimeout: 180_000, fileParallelism: false }),
      project('long', { testTimeout: 180_000, hookTimeout: 180_000, fileParallelism: false }),
      project('faults', { testTimeout: 300_000, hookTimeout: 300_000, fileParallelism: false }),
    ],
  },
});

function project(name: string, test: { testTimeout: number; hookTimeout?: number; fileParallelism?: boolean }) {
  return { test: { name, include: [`test/${name}/**/*.test.ts`], environment: 'node', ...test } };
}
