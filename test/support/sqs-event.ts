import { ReceiveMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';

/** A message of a queue as Lambda delivers it; a body that is not text becomes JSON. */
export function sqsRecord(body: unknown, { messageId = 'm1', attempt = 1 } = {}) {
  return {
    messageId,
    body: typeof body === 'string' ? body : JSON.stringify(body),
    attributes: { ApproximateReceiveCount: String(attempt) },
    eventSource: 'aws:sqs',
    eventSourceARN: 'arn:aws:sqs:us-east-1:123456789012:queue',
  };
}

/** A batch of a queue with a message for each body: m1, m2, and so on. */
export function sqsEvent(...bodies: readonly unknown[]) {
  return { Records: bodies.map((body, index) => sqsRecord(body, { messageId: `m${index + 1}` })) };
}

/** Receives all visible messages of a queue, as Lambda delivers them. */
export async function receiveRecords(sqs: SQSClient, QueueUrl: string): Promise<ReturnType<typeof sqsRecord>[]> {
  const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
  const records = Messages.map(({ MessageId, Body }) => sqsRecord(Body, { messageId: MessageId }));
  return records.length === 0 ? [] : [...records, ...(await receiveRecords(sqs, QueueUrl))];
}

/** A record of an S3 notification: an object of 1 byte was created, unless fields of `object` or `record` say otherwise. */
export function s3Record(
  bucket: string,
  key: string,
  { object = {}, ...record }: { object?: object; eventTime?: string } = {},
) {
  return {
    eventSource: 'aws:s3',
    eventName: 'ObjectCreated:Put',
    eventTime: '2026-01-02T03:04:05.000Z',
    ...record,
    s3: { bucket: { name: bucket }, object: { key: formEncoded(key), size: 1, eTag: 'x', sequencer: '0', ...object } },
  };
}

/** The notification of uploads to a bucket. */
export function s3Notification(bucket: string, ...keys: readonly string[]) {
  return { Records: keys.map((key) => s3Record(bucket, key)) };
}

function formEncoded(key: string): string {
  return encodeURIComponent(key).replaceAll('%20', '+');
}
