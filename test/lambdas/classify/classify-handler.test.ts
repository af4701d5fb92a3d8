import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { classifyHandler } from '../../../lambdas/classify/handler.ts';
import type { ClassifyPorts } from '../../../lambdas/classify/ports.ts';
import { encodeCropEnvelope } from '../../../shared/crops/crop-envelope.ts';
import { Failure } from '../../../shared/failures/failure.ts';
import { openSession } from '../../../shared/inference/open-session.ts';
import { SessionLost } from '../../../shared/inference/session-lost.ts';
import { loadModel } from '../../../shared/models/model-directory.ts';
import type { ResultRow } from '../../../shared/rows/row.ts';
import { cropOf } from '../../support/crops.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { writeTinyModel } from '../../support/tiny-model.ts';

const folder = temporaryFolder();
let ports: ClassifyPorts;
let rows: ResultRow[];
/** How many writes fail before one succeeds. */
let slowDowns: number;

beforeAll(async () => {
  await writeTinyModel(folder);
  const model = await loadModel(folder);
  const session = await openSession(model, { threads: 1 });
  ports = { model, session, batchSize: 8, now: () => new Date(), maxAttempts: 3 };
});
afterAll(() => ports.session.close());
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
  const Records = keys.map((key) => ({
    messageId: key,
    body: encodeCropEnvelope(cropOf({ key })),
    attributes: { ApproximateReceiveCount: String(attempt) },
    eventSource: 'aws:sqs',
    eventSourceARN: 'arn:aws:sqs:eu-west-1:123456789012:crops',
  }));
  return classifyHandler({ ...of, objects: new MemoryStore(), results })({ Records });
}

describe('the classify function', () => {
  it('tries again to store rows when the store asks to slow down', async () => {
    slowDowns = 2;
    expect(await invoke(1, ['a', 'b'])).toEqual({ batchItemFailures: [] });
    expect(rows.map(({ key, status }) => [key, status])).toEqual([
      ['a', 'classified'],
      ['b', 'classified'],
    ]);
  });

  it('has a row for each image that it tries for the last time, should it be lost over one', async () => {
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

  it('replaces that row by the answer, if one comes', async () => {
    expect(await invoke(3, ['a'])).toEqual({ batchItemFailures: [] });
    expect(rows.map(({ status }) => status)).toEqual(['rejected', 'classified']);
  });
});
