import { expect, it } from 'vitest';
import { releaseMemory } from '../../../shared/flow/release-memory.ts';

it('frees bytes that are a whole buffer', () => {
  const bytes = new Uint8Array(1000);
  releaseMemory(bytes);
  expect(bytes.byteLength).toBe(0);
  expect(bytes.buffer.detached).toBe(true);
});

it('leaves bytes whose buffer others may read', () => {
  const buffer = new ArrayBuffer(1000);
  releaseMemory(new Uint8Array(buffer, 0, 500));
  const shared = new Uint8Array(new SharedArrayBuffer(10));
  releaseMemory(shared);
  expect([buffer.byteLength, shared.byteLength]).toEqual([1000, 10]);
});

it('does nothing to bytes that were freed before', () => {
  const bytes = new Uint8Array(1000);
  releaseMemory(bytes);
  releaseMemory(bytes);
  expect(bytes.byteLength).toBe(0);
});
