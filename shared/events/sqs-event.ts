import { z } from 'zod';
import type { Failure } from '../failures/failure.ts';
import { firstIssue } from '../failures/first-issue.ts';
import { MalformedEvent } from './malformed-event.ts';

/** A message of a queue as Lambda delivers it. */
export interface SqsRecord {
  readonly messageId: string;
  readonly body: string;
  /** Deliveries of the message so far, including this one; 1 at first. */
  readonly attempt: number;
  /** ARN of the queue. */
  readonly queueArn: string;
}

/** A message that Lambda delivers again. */
export interface FailedMessage {
  /** The message's id. */
  readonly itemIdentifier: string;
}

/** The response of a function with partial-batch responses: the messages that Lambda delivers again. */
export interface BatchResponse {
  readonly batchItemFailures: readonly FailedMessage[];
}

const sqsEventSchema = z.object({
  Records: z.array(
    z
      .object({
        messageId: z.string().min(1),
        body: z.string(),
        attributes: z.object({ ApproximateReceiveCount: z.string().regex(/^[1-9]\d*$/, 'expected a count') }),
        eventSource: z.literal('aws:sqs'),
        eventSourceARN: z.string(),
      })
      .transform(({ messageId, body, attributes, eventSourceARN }) => ({
        messageId,
        body,
        attempt: Number(attributes.ApproximateReceiveCount),
        queueArn: eventSourceARN,
      })),
  ),
});

/**
 * The messages of a Lambda event of an SQS queue, in order.
 * @throws {MalformedEvent} if it is a different event
 */
export function parseSqsEvent(event: unknown): SqsRecord[] {
  const parsed = sqsEventSchema.safeParse(event);
  if (parsed.success) return parsed.data.Records;
  throw new MalformedEvent(`expected a Lambda event of an SQS queue: ${firstIssue(parsed.error)}`, {
    cause: parsed.error,
  });
}

/** The response that returns every message with a failure to the queue. In Lambda, a receipt is the message's id. */
export function toBatchResponse(
  outcomes: readonly { readonly receipt: string; readonly failure?: Failure | undefined }[],
): BatchResponse {
  const failed = outcomes.filter(({ failure }) => failure !== undefined);
  return { batchItemFailures: failed.map(({ receipt }) => ({ itemIdentifier: receipt })) };
}
