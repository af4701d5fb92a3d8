import { DeleteMessageCommand, ReceiveMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { expect } from 'vitest';
import { cropEnvelopeCodec } from '../../shared/crops/crop-envelope.ts';
import type { RejectedRow } from '../../shared/rows/row.ts';
import { cropOf } from './crops.ts';
import { rejectedRow } from './result-rows.ts';
import { s3Record } from './sqs-event.ts';

/** A rejected row with a version of its own. */
export function rejected(key: string, reason: RejectedRow['reason'], changes: Partial<RejectedRow> = {}): RejectedRow {
  return rejectedRow(key, { reason, detail: `${reason} it was`, etag: `etag-of-${key}`, job: 'test', ...changes });
}

export function upload(...keys: string[]): string {
  const Records = keys.map((key) =>
    s3Record('drop', key, { eventTime: '2026-03-01T10:00:00.000Z', object: { size: 10, eTag: `etag-of-${key}` } }),
  );
  return JSON.stringify({ Records });
}

export function crop(key: string): string {
  return cropEnvelopeCodec.encode({
    ...cropOf({ key }),
    bytes: 109_527,
    eventTime: new Date('2026-03-01T10:00:00.125Z'),
  });
}

/** Receives and deletes all visible messages of a queue. */
export async function receiveAll(sqs: SQSClient, QueueUrl: string): Promise<string[]> {
  const bodies: string[] = [];
  for (;;) {
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
    if (Messages.length === 0) return bodies.toSorted();
    for (const { Body = '', ReceiptHandle } of Messages) {
      bodies.push(Body);
      await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
    }
  }
}

/** Checks that messages are submissions, and returns their keys. */
export function submittedKeys(bodies: readonly string[]): string[] {
  return bodies.map((body) => {
    const message = JSON.parse(body);
    const key: string = message.images[0].key;
    const image = { bucket: 'drop', key, etag: `etag-of-${key}`, size: 109_527, eventTime: '2026-03-01T10:00:00.125Z' };
    expect(message).toEqual({ submission: 1, job: 'test', images: [image] });
    return key;
  });
}
