import { defineConfig } from 'vitest/config';

// What needs a browser: see test/gallery/page/with-chromium.ts. One file at a time, since they measure time.
export default defineConfig({
  test: {
    include: ['test/gallery/page/**/*.test.ts'],
    env: { ORT_DISABLE_TELEMETRY: '1' },
    testTimeout: 120_000,
    hookTimeout: 120_000,
    fileParallelism: false,
  },
});
