import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/slow/**', 'test/webgpu/**', 'test/gallery/page/**', 'test/training/**'],
    env: { ORT_DISABLE_TELEMETRY: '1' },
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Two cores: several files at once, each with a runtime of its own, would only fight over them.
    maxWorkers: 2,
  },
});
