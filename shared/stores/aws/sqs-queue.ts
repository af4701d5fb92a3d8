import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  type Message,
  type QueueAttributeName,
  QueueDoesNotExist,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import pMap from 'p-map';
import { z } from 'zod';
import { sqsLimits } from '../../events/sqs-limits.ts';
import { Failure } from '../../failures/failure.ts';
import { UserError } from '../../failures/user-error.ts';
import type { Codec } from '../codec.ts';
import type { Delivery, Queue, RefusedEntry } from '../ports.ts';
import { awsFailure, describeFailure } from './aws-failure.ts';
import { endpointOf } from './clients.ts';
import { requestBatch } from './request-batch.ts';

/** A delivery with the id that its message keeps from one delivery to the next. */
export interface SqsDelivery<T> extends Delivery<T> {
  readonly messageId: string;
}

/** Requests for receipts that are under way at the same time. */
const requestsAtOnce = 8;
/** Seconds that one receive waits: SQS lets it be 20, the clients take that much silence for a fault. */
const longestWait = 4;
/** Seconds after which a wait looks whether it was aborted. */
const abortableWait = 2;

const count = z.string().regex(/^\d+$/).transform(Number);
const redriveSchema = z.object({ maxReceiveCount: z.coerce.number().int().positive() });
const depthSchema = z.object({ ApproximateNumberOfMessages: count, ApproximateNumberOfMessagesNotVisible: count });
const messageSchema = z.object({
  MessageId: z.string(),
  ReceiptHandle: z.string(),
  Body: z.string(),
  Attributes: z.object({ ApproximateReceiveCount: count }),
});

interface Outgoing {
  readonly index: number;
  readonly MessageBody: string;
}

interface QueueSettings {
  readonly maxAttempts: number;
  readonly visibilitySeconds: number;
}

/** A standard queue of SQS, or of what speaks its protocol. */
export class SqsQueue<T> implements Queue<T> {
  readonly maxAttempts: number;
  readonly visibilitySeconds: number;
  readonly #client: SQSClient;
  readonly #url: string;
  readonly #codec: Codec<T>;

  private constructor(client: SQSClient, url: string, codec: Codec<T>, settings: QueueSettings) {
    this.#client = client;
    this.#url = url;
    this.#codec = codec;
    this.maxAttempts = settings.maxAttempts;
    this.visibilitySeconds = settings.visibilitySeconds;
  }

  /**
   * Opens a queue; `maxAttempts` is what its redrive policy says, or Infinity without one.
   * @throws {UserError} when there is no such queue
   * @throws {Failure}
   */
  static async open<T>(client: SQSClient, url: string, codec: Codec<T>): Promise<SqsQueue<T>> {
    const names = ['RedrivePolicy', 'VisibilityTimeout'] as const;
    const { RedrivePolicy, VisibilityTimeout } = await attributesOf(client, url, names).catch(
      async (cause: unknown) => {
        if (cause instanceof QueueDoesNotExist) throw new UserError(`there is no queue ${url}`, { cause });
        throw describeFailure(await endpointOf(client), `the queue ${url} cannot be opened`, awsFailure(cause));
      },
    );
    const policy = RedrivePolicy ? redriveSchema.parse(JSON.parse(RedrivePolicy)) : undefined;
    return new SqsQueue(client, url, codec, {
      maxAttempts: policy?.maxReceiveCount ?? Infinity,
      visibilitySeconds: count.parse(VisibilityTimeout ?? '30'),
    });
  }

  async send(bodies: readonly T[]): Promise<RefusedEntry[]> {
    const refused: RefusedEntry[] = [];
    for (const batch of this.#outgoing(bodies, refused)) {
      const failed = await requestBatch(batch, (entries) =>
        this.#client.send(
          new SendMessageBatchCommand({
            QueueUrl: this.#url,
            Entries: entries.map(({ Id, MessageBody }) => ({ Id, MessageBody })),
          }),
        ),
      );
      refused.push(...failed);
    }
    return refused.sort((a, b) => a.index - b.index);
  }

  /** Bodies as text, in requests that SQS takes. Encoded one request at a time: a crop is 200 KB of text. */
  *#outgoing(bodies: readonly T[], refused: RefusedEntry[]): Generator<Outgoing[]> {
    let batch: Outgoing[] = [];
    let batchSize = 0;
    for (const [index, body] of bodies.entries()) {
      const MessageBody = this.#codec.encode(body);
      const size = Buffer.byteLength(MessageBody);
      if (size > sqsLimits.bytes) {
        const failure = new Failure('too_large', `the message has ${size} bytes, the limit is ${sqsLimits.bytes}`);
        refused.push({ index, failure });
        continue;
      }
      if (batch.length === sqsLimits.entries || batchSize + size > sqsLimits.bytes) {
        yield batch;
        batch = [];
        batchSize = 0;
      }
      batch.push({ index, MessageBody });
      batchSize += size;
    }
    if (batch.length > 0) yield batch;
  }

  /**
   * As the port says. A request under way is never broken off: SQS may have handed messages to it, and these would stay
   * hidden until their visibility ends. A wait that can be aborted is therefore made of short ones.
   */
  async receive(options: { max: number; waitSeconds: number; signal?: AbortSignal }): Promise<SqsDelivery<T>[]> {
    const { max, waitSeconds, signal } = options;
    const longest = signal ? abortableWait : longestWait;
    let left = Math.ceil(waitSeconds);
    while (!signal?.aborted) {
      const wait = Math.min(left, longest);
      const deliveries = await this.#receiveOnce(Math.min(max, sqsLimits.entries), wait);
      left -= wait;
      if (deliveries.length > 0 || left <= 0) return deliveries;
    }
    return [];
  }

  async #receiveOnce(max: number, waitSeconds: number): Promise<SqsDelivery<T>[]> {
    const command = new ReceiveMessageCommand({
      QueueUrl: this.#url,
      MaxNumberOfMessages: max,
      WaitTimeSeconds: waitSeconds,
      MessageSystemAttributeNames: ['ApproximateReceiveCount'],
    });
    const { Messages = [] } = await this.#client.send(command).catch((error: unknown) => {
      throw awsFailure(error);
    });
    return Messages.map((message) => this.#delivery(message));
  }

  #delivery(message: Message): SqsDelivery<T> {
    const { MessageId: messageId, ReceiptHandle: receipt, Body, Attributes } = messageSchema.parse(message);
    return { messageId, receipt, attempt: Attributes.ApproximateReceiveCount, body: this.#decoded(Body) };
  }

  #decoded(text: string): T | Failure {
    try {
      return this.#codec.decode(text);
    } catch (error) {
      return Failure.from(error);
    }
  }

  acknowledge(receipts: readonly string[]): Promise<RefusedEntry[]> {
    return this.#forReceipts(receipts, (Entries) =>
      this.#client.send(new DeleteMessageBatchCommand({ QueueUrl: this.#url, Entries })),
    );
  }

  setVisibility(receipts: readonly string[], seconds: number): Promise<RefusedEntry[]> {
    return this.#forReceipts(receipts, (entries) =>
      this.#client.send(
        new ChangeMessageVisibilityBatchCommand({
          QueueUrl: this.#url,
          Entries: entries.map((entry) => ({ ...entry, VisibilityTimeout: Math.ceil(seconds) })),
        }),
      ),
    );
  }

  async #forReceipts(
    receipts: readonly string[],
    request: (entries: { Id: string; ReceiptHandle: string }[]) => ReturnType<Parameters<typeof requestBatch>[1]>,
  ): Promise<RefusedEntry[]> {
    const { entries: most } = sqsLimits;
    const starts = Array.from({ length: Math.ceil(receipts.length / most) }, (_, batch) => batch * most);
    // A part of the results has hundreds of batches: one request after another would take seconds.
    const refused = await pMap(
      starts,
      (start) => {
        const batch = receipts.slice(start, start + most);
        const entries = batch.map((ReceiptHandle, offset) => ({ index: start + offset, ReceiptHandle }));
        return requestBatch(entries, (open) => request(open.map(({ Id, ReceiptHandle }) => ({ Id, ReceiptHandle }))));
      },
      { concurrency: requestsAtOnce },
    );
    return refused.flat();
  }

  async depth(): Promise<{ visible: number; inFlight: number }> {
    const names = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const;
    const attributes = await attributesOf(this.#client, this.#url, names).catch((error: unknown) => {
      throw awsFailure(error);
    });
    const depth = depthSchema.parse(attributes);
    return { visible: depth.ApproximateNumberOfMessages, inFlight: depth.ApproximateNumberOfMessagesNotVisible };
  }
}

async function attributesOf(
  client: SQSClient,
  url: string,
  names: readonly QueueAttributeName[],
): Promise<Partial<Record<string, string>>> {
  const command = new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: [...names] });
  const { Attributes = {} } = await client.send(command);
  return Attributes;
}
