import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { appendRows, appendRowsBriefly } from '../../../../lambdas/classify/worker/append-rows.ts';
import { Failure } from '../../../../shared/failures/failure.ts';
import { RecordingResults } from '../../../support/recording-results.ts';

let results: RecordingResults;

beforeEach(() => {
  vi.useFakeTimers();
  results = new RecordingResults();
  results.fault = new Failure('throttled', 'SlowDown');
});
afterEach(() => {
  vi.useRealTimers();
});

it('an outage of the store for an hour is retried every few seconds', async () => {
  const failures: string[] = [];
  const storing = appendRows([], results, { onFailure: ({ message }) => failures.push(message) });
  await vi.advanceTimersByTimeAsync(3_600_000);
  expect(results.attempts).toBeGreaterThan(700);
  expect(results.attempts).toBeLessThan(1_500);
  expect(failures).toHaveLength(results.attempts);
  results.fault = undefined;
  await vi.advanceTimersByTimeAsync(5_000);
  await storing;
});

it('appendRowsBriefly fails after some seconds', async () => {
  const storing = expect(appendRowsBriefly([], results)).rejects.toThrow('SlowDown');
  await vi.advanceTimersByTimeAsync(7_750);
  await storing;
  expect(results.attempts).toBe(6);
});

it('permanent failures are not retried, internal errors only a few times', async () => {
  results.fault = new Failure('unreadable', 'AccessDenied');
  await expect(appendRows([], results)).rejects.toThrow('AccessDenied');
  expect(results.attempts).toBe(1);
  results.fault = new Failure('internal', 'the rows cannot be encoded');
  const storing = expect(appendRows([], results)).rejects.toThrow('cannot be encoded');
  await vi.advanceTimersByTimeAsync(60_000);
  await storing;
  expect(results.attempts).toBe(1 + 6);
});

it('an abort fails at once with the last failure', async () => {
  const halt = new AbortController();
  const storing = expect(appendRows([], results, { signal: halt.signal })).rejects.toThrow('SlowDown');
  await vi.advanceTimersByTimeAsync(60_000);
  halt.abort();
  await storing;
});
