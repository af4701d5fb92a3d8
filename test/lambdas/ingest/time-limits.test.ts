import fc from 'fast-check';
import { expect, it } from 'vitest';
import { limitsOfInvocation, stageEnds } from '../../../lambdas/ingest/time-limits.ts';
import { ingestTimeoutSeconds } from '../../../shared/deployment/defaults.ts';
import { Failure } from '../../../shared/failures/failure.ts';
import { eventually } from '../../support/eventually.ts';

it('the stages end in order, before the function does, whatever time remains', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 900_000 }), (remaining) => {
      const { crops, send, store } = stageEnds(remaining);
      expect([0, crops, send, store, remaining]).toEqual([0, crops, send, store, remaining].toSorted((a, b) => a - b));
      expect(new Set([0, crops, send, store, remaining]).size).toBe(5);
    }),
  );
});

it('most of the time of a deployed function is for images', () => {
  expect(stageEnds(ingestTimeoutSeconds * 1000)).toEqual({ crops: 270_000, send: 282_000, store: 294_000 });
  expect(stageEnds(9000)).toEqual({ crops: 6000, send: 7200, store: 8400 });
});

it.each([undefined, null, {}, { getRemainingTimeInMillis: 5 }, { getRemainingTimeInMillis: () => 'long' }])(
  'there is no limit without the context of an invocation: %j',
  (context) => {
    expect(limitsOfInvocation(context)).toBeUndefined();
  },
);

it('each stage ends with a retryable failure that says what was late', async () => {
  using limits = limitsOfInvocation({ getRemainingTimeInMillis: () => 10 });
  await eventually(() => expect(limits?.store?.aborted).toBe(true));
  for (const [signal, message] of [
    [limits?.crops, 'the image was not finished before the function had to answer'],
    [limits?.send, 'the crops could not be sent before the function had to answer'],
    [limits?.store, 'the row could not be stored before the function had to answer'],
  ] as const) {
    expect(signal?.reason).toBeInstanceOf(Failure);
    expect(signal?.reason).toMatchObject({ reason: 'timeout', message, isTransient: true });
  }
});
