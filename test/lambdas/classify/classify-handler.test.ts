import { beforeEach, describe, expect, it } from 'vitest';
import { classifyHandler } from '../../../lambdas/classify/handler.ts';
import type { ClassifyPorts } from '../../../lambdas/classify/ports.ts';
import { encodeCropEnvelope } from '../../../shared/crops/crop-envelope.ts';
import { Failure } from '../../../shared/failures/failure.ts';
import { SessionLost } from '../../../shared/inference/session-lost.ts';
import type { ResultRow } from '../../../shared/rows/row.ts';
import { cropOf } from '../../support/crops.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { sqsRecord } from '../../support/sqs-event.ts';
import { openTinyClassifier } from '../../support/tiny-classifier.ts';

const ports = await openTinyClassifier();
let rows: ResultRow[];
/** Writes that fail before one succeeds. */
let slowDowns: number;

beforeEach(() => {
  rows = [];
  slowDowns = 0;
});

const results = {
  append: async (more: readonly ResultRow[]) => {
    slowDowns -= 1;
    if (slowDowns >= 0) throw new Failure('throttled', 'SlowDown');
    rows.push(...more);
  },
};

function invoke(attempt: number, keys: readonly string[], of: ClassifyPorts = ports) {
  const Records = keys.map((key) => sqsRecord(encodeCropEnvelope(cropOf({ key })), { messageId: key, attempt }));
  return classifyHandler({ ...of, objects: new MemoryStore(), results })({ Records });
}

describe('the classify function', () => {
  it('retries storing rows when the store throttles', async () => {
    slowDowns = 2;
    expect(await invoke(1, ['a', 'b'])).toEqual({ batchItemFailures: [] });
    expect(rows.map(({ key, status }) => [key, status])).toEqual([
      ['a', 'classified'],
      ['b', 'classified'],
    ]);
  });

  it('writes a row before the last attempt of each image, in case the function dies', async () => {
    const run = () => Promise.reject(new SessionLost('an inference thread failed'));
    const lost = { ...ports, session: { ...ports.session, run } };
    await expect(invoke(2, ['a'], lost)).rejects.toThrow(SessionLost);
    expect(rows).toEqual([]);
    slowDowns = 1;
    await expect(invoke(3, ['a', 'b'], lost)).rejects.toThrow(SessionLost);
    expect(rows).toMatchObject([
      { key: 'a', status: 'rejected', reason: 'abandoned' },
      { key: 'b', status: 'rejected', reason: 'abandoned' },
    ]);
  });

  it('replaces that row with the result', async () => {
    expect(await invoke(3, ['a'])).toEqual({ batchItemFailures: [] });
    expect(rows.map(({ status }) => status)).toEqual(['rejected', 'classified']);
  });
});
