import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  type Message,
  ReceiveMessageCommand,
} from '@aws-sdk/client-sqs';
import type { AwsClients } from '../../shared/aws/clients.ts';
import type { BatchResponse } from '../../shared/sqs-event.ts';

/**
 * Hands all that waits in a queue to a function, as Lambda does: in batches, of which what the function does not give back is
 * deleted. What it gives back is visible again at once.
 * @param batches at most, so that a test can look between them
 * @returns how many messages were delivered
 */
export async function runFunction(
  { sqs }: Pick<AwsClients, 'sqs'>,
  QueueUrl: string,
  handler: (event: unknown) => Promise<BatchResponse>,
  batches = Number.POSITIVE_INFINITY,
): Promise<number> {
  let delivered = 0;
  for (let batch = 0; batch < batches; batch += 1) {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl,
        MaxNumberOfMessages: 4,
        MessageSystemAttributeNames: ['ApproximateReceiveCount'],
      }),
    );
    if (Messages.length === 0) break;
    delivered += Messages.length;
    const { batchItemFailures } = await handler({ Records: Messages.map(recordOf) });
    const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
    for (const { MessageId = '', ReceiptHandle } of Messages) {
      const message = { QueueUrl, ReceiptHandle };
      await (failed.has(MessageId)
        ? sqs.send(new ChangeMessageVisibilityCommand({ ...message, VisibilityTimeout: 0 }))
        : sqs.send(new DeleteMessageCommand(message)));
    }
  }
  return delivered;
}

function recordOf({ MessageId, Body, Attributes = {} }: Message) {
  return {
    messageId: MessageId,
    body: Body,
    attributes: Attributes,
    eventSource: 'aws:sqs',
    eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:queue',
  };
}
