import type { Message } from '@aws-sdk/client-sqs';

/** A message as Lambda hands it to a function. */
export function sqsRecord(message: Message, queueArn: string, region: string): unknown {
  const { MessageId, ReceiptHandle, Body, MD5OfBody, Attributes } = message;
  return {
    messageId: MessageId,
    receiptHandle: ReceiptHandle,
    body: Body,
    attributes: Attributes,
    messageAttributes: {},
    md5OfBody: MD5OfBody,
    eventSource: 'aws:sqs',
    eventSourceARN: queueArn,
    awsRegion: region,
  };
}
