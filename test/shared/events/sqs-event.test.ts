import { describe, expect, it } from 'vitest';
import { MalformedEvent } from '../../../shared/events/malformed-event.ts';
import { parseSqsEvent, toBatchResponse } from '../../../shared/events/sqs-event.ts';
import { Failure } from '../../../shared/failures/failure.ts';
import { sqsRecord } from '../../support/sqs-event.ts';

const record = {
  ...sqsRecord('text', { attempt: 3 }),
  // Fields that are not read.
  receiptHandle: 'r1',
  messageAttributes: {},
  md5OfBody: '1cb251ec0d568de6a929b520c4aed8d1',
  awsRegion: 'us-east-1',
};

describe("Lambda's event of a queue", () => {
  it('has its messages in order, each with its number of deliveries', () => {
    expect(parseSqsEvent({ Records: [record, { ...record, messageId: 'm2' }] })).toEqual([
      { messageId: 'm1', body: 'text', attempt: 3, queueArn: record.eventSourceARN },
      { messageId: 'm2', body: 'text', attempt: 3, queueArn: record.eventSourceARN },
    ]);
  });

  it('may contain no messages', () => {
    expect(parseSqsEvent({ Records: [] })).toEqual([]);
  });

  it.each<[string, unknown, string]>([
    ['undefined', undefined, 'expected a Lambda event of an SQS queue'],
    ['an S3 notification', { Records: [{ eventSource: 'aws:s3', s3: {} }] }, 'Records.0'],
    ['a message without a body', { Records: [{ ...record, body: undefined }] }, 'Records.0.body'],
    ['a message without a count', { Records: [{ ...record, attributes: {} }] }, 'ApproximateReceiveCount'],
    [
      'a count that is not a number',
      { Records: [{ ...record, attributes: { ApproximateReceiveCount: 'x' } }] },
      'expected a count',
    ],
  ])('is rejected in one line if it is %s', (_name, event, message) => {
    expect(() => parseSqsEvent(event)).toThrow(MalformedEvent);
    expect(() => parseSqsEvent(event)).toThrow(message);
  });
});

describe('the response to Lambda', () => {
  it('names only the messages that failed', () => {
    const failure = new Failure('throttled', 'slow down');
    const outcomes = [{ receipt: 'm1' }, { receipt: 'm2', failure }, { receipt: 'm3', failure: undefined }];
    expect(toBatchResponse(outcomes)).toEqual({ batchItemFailures: [{ itemIdentifier: 'm2' }] });
  });

  it('is an empty list if all succeeded: without a list Lambda counts all as failed', () => {
    expect(toBatchResponse([{ receipt: 'm1' }])).toEqual({ batchItemFailures: [] });
  });
});
