import { defineConfig } from 'vitest/config';

// What needs the runtime's WebGPU provider, with or without a GPU: see test/support/webgpu.ts. One file at a time, since
// a software renderer takes every core.
export default defineConfig({
  test: {
    include: ['test/webgpu/**/*.test.ts'],
    env: { ORT_DISABLE_TELEMETRY: '1' },
    testTimeout: 900_000,
    hookTimeout: 300_000,
    fileParallelism: false,
  },
});
