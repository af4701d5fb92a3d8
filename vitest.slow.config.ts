import { defineConfig } from 'vitest/config';

// What takes minutes: random mutations, long runs. One file at a time, since they measure memory and time.
export default defineConfig({
  test: {
    include: ['test/slow/**/*.test.ts'],
    env: { ORT_DISABLE_TELEMETRY: '1' },
    testTimeout: 900_000,
    hookTimeout: 120_000,
    fileParallelism: false,
  },
});
