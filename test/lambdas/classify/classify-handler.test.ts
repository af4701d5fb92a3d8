import { beforeEach, describe, expect, it } from 'vitest';
import { classifyHandler } from '../../../lambdas/classify/handler.ts';
import type { ClassifyPorts } from '../../../lambdas/classify/ports.ts';
import { encodeCropEnvelope } from '../../../shared/crops/crop-envelope.ts';
import { Failure } from '../../../shared/failures/failure.ts';
import { SessionLost } from '../../../shared/inference/session-lost.ts';
import type { ResultRow } from '../../../shared/rows/row.ts';
import { FolderStore } from '../../../shared/stores/local/folder-store.ts';
import type { ObjectStore } from '../../../shared/stores/ports.ts';
import { cropOf } from '../../support/crops.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { packTogether } from '../../support/packed-crops.ts';
import { messageWithRegions, withRegions } from '../../support/region-crops.ts';
import { sqsRecord } from '../../support/sqs-event.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
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

  it('reads the regions of a few images at a time', async () => {
    const model = withRegions(ports.model, 300);
    const store = new FolderStore();
    const bucket = temporaryFolder();
    const fills = Array.from({ length: 300 }, (_, index) => index % 256);
    const messages = ['a', 'b', 'c'].map((key) => messageWithRegions({ key, fills, maximum: 300 }));
    const pointers = await Promise.all(
      messages.map((message) => packTogether([message], store, { bucket, key: message.image.key })),
    );
    const Records = pointers
      .flat()
      .map((pointer) => sqsRecord(encodeCropEnvelope(pointer), { messageId: pointer.image.key, attempt: 1 }));
    const done: string[] = [];
    const objects: Pick<ObjectStore, 'readRange'> = {
      readRange: (address, range) => {
        done.push(`read ${address.key}`);
        return store.readRange(address, range);
      },
    };
    const run: typeof ports.session.run = (batch) => {
      if (done.at(-1) !== 'run') done.push('run');
      return ports.session.run(batch);
    };
    const session = { ...ports.session, run };
    const response = await classifyHandler({ ...ports, model, session, objects, results })({ Records });
    expect(response).toEqual({ batchItemFailures: [] });
    expect(rows.map(({ key, status }) => [key, status])).toEqual(['a', 'b', 'c'].map((key) => [key, 'classified']));
    // More than 512 crops are not in memory together.
    expect(done).toEqual(['read a', 'run', 'read b', 'run', 'read c', 'run']);
  });
});
