import { defineConfig } from 'vitest/config';

// Trainings as they are documented: minutes on all cores.
export default defineConfig({
  test: {
    include: ['test/training/**/*.test.ts'],
    env: { ORT_DISABLE_TELEMETRY: '1' },
    testTimeout: 3_600_000,
    fileParallelism: false,
  },
});
