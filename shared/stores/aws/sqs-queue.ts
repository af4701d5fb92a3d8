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
import { Failure } from '../../failures/failure.ts';
import { UserError } from '../../failures/user-error.ts';
import type { Codec } from '../codec.ts';
import type { Delivery, Queue, RefusedEntry } from '../ports.ts';
import { awsFailure, describeFailure } from './aws-failure.ts';
import { endpointOf } from './clients.ts';
import { requestBatch } from './request-batch.ts';
import { sqsLimits } from './sqs-limits.ts';

/** A delivery with the id of its message, which is the same for each delivery. */
export interface SqsDelivery<T> extends Delivery<T> {
  readonly messageId: string;
}

/** Requests of one call that run at the same time: SQS answers one in about 10 ms. */
const concurrency = 16;
/** Message bytes of one `send` that are being sent at the same time. */
const maxSendBytes = 4 * sqsLimits.bytes;
/** Seconds that one receive waits. SQS allows 20, but the clients report that much silence as a timeout. */
const maxWaitSeconds = 4;
/** Seconds that one receive waits if the caller can abort it. */
const maxAbortableWaitSeconds = 2;

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

/** A standard SQS queue, or a queue of a service that speaks its protocol. */
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
   * Opens a queue; `maxAttempts` is the limit of its redrive policy, or Infinity without one.
   * @throws {UserError} if the queue does not exist
   * @throws {Failure} if SQS does not answer or refuses the request
   */
  static async open<T>(client: SQSClient, url: string, codec: Codec<T>): Promise<SqsQueue<T>> {
    const names = ['RedrivePolicy', 'VisibilityTimeout'] as const;
    const { RedrivePolicy, VisibilityTimeout } = await attributesOf(client, url, names).catch(
      async (cause: unknown) => {
        if (cause instanceof QueueDoesNotExist) throw new UserError(`the queue ${url} does not exist`, { cause });
        const failure = awsFailure(cause, { action: 'sqs:GetQueueAttributes' });
        throw await describeFailure(await endpointOf(client), `the queue ${url} cannot be opened`, failure);
      },
    );
    const policy = RedrivePolicy ? redriveSchema.parse(JSON.parse(RedrivePolicy)) : undefined;
    return new SqsQueue(client, url, codec, {
      maxAttempts: policy?.maxReceiveCount ?? Infinity,
      visibilitySeconds: count.parse(VisibilityTimeout ?? '30'),
    });
  }

  /** Several requests run at the same time, limited by their number and their bytes, which are held in memory. */
  async send(bodies: readonly T[]): Promise<RefusedEntry[]> {
    const refused: RefusedEntry[] = [];
    const running = new Set<Promise<void>>();
    let runningBytes = 0;
    for (const { entries, bytes } of this.#batches(bodies, refused)) {
      while (running.size >= concurrency || (running.size > 0 && runningBytes + bytes > maxSendBytes)) {
        await Promise.race(running);
      }
      runningBytes += bytes;
      const request = this.#sendBatch(entries).then((failed) => {
        refused.push(...failed);
        runningBytes -= bytes;
        running.delete(request);
      });
      running.add(request);
    }
    await Promise.all(running);
    return refused.sort((a, b) => a.index - b.index);
  }

  #sendBatch(batch: readonly Outgoing[]): Promise<RefusedEntry[]> {
    return requestBatch(batch, (entries) =>
      this.#client.send(
        new SendMessageBatchCommand({
          QueueUrl: this.#url,
          Entries: entries.map(({ Id, MessageBody }) => ({ Id, MessageBody })),
        }),
      ),
    );
  }

  /** Bodies as text, in requests that SQS accepts. Encoded one request at a time: a crop is 200 KB of text. */
  *#batches(bodies: readonly T[], refused: RefusedEntry[]): Generator<{ entries: Outgoing[]; bytes: number }> {
    let entries: Outgoing[] = [];
    let bytes = 0;
    for (const [index, body] of bodies.entries()) {
      const MessageBody = this.#codec.encode(body);
      const size = Buffer.byteLength(MessageBody);
      if (size > sqsLimits.bytes) {
        const failure = new Failure('too_large', `the message has ${size} bytes, the limit is ${sqsLimits.bytes}`);
        refused.push({ index, failure });
        continue;
      }
      if (entries.length === sqsLimits.entries || bytes + size > sqsLimits.bytes) {
        yield { entries, bytes };
        entries = [];
        bytes = 0;
      }
      entries.push({ index, MessageBody });
      bytes += size;
    }
    if (entries.length > 0) yield { entries, bytes };
  }

  /**
   * A running request is never cancelled: SQS may have handed messages to it, which would then stay hidden until their
   * visibility ends. A wait that can be aborted is therefore split into short ones.
   */
  async receive(options: { max: number; waitSeconds: number; signal?: AbortSignal }): Promise<SqsDelivery<T>[]> {
    const { max, waitSeconds, signal } = options;
    const maxWait = signal ? maxAbortableWaitSeconds : maxWaitSeconds;
    let remaining = Math.ceil(waitSeconds);
    while (!signal?.aborted) {
      const wait = Math.min(remaining, maxWait);
      const deliveries = await this.#receiveOnce(Math.min(max, sqsLimits.entries), wait);
      remaining -= wait;
      if (deliveries.length > 0 || remaining <= 0) return deliveries;
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
    return { messageId, receipt, attempt: Attributes.ApproximateReceiveCount, body: this.#decode(Body) };
  }

  #decode(text: string): T | Failure {
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
    const { entries: maxEntries } = sqsLimits;
    const starts = Array.from({ length: Math.ceil(receipts.length / maxEntries) }, (_, batch) => batch * maxEntries);
    const refused = await pMap(
      starts,
      (start) => {
        const batch = receipts.slice(start, start + maxEntries);
        const entries = batch.map((ReceiptHandle, offset) => ({ index: start + offset, ReceiptHandle }));
        return requestBatch(entries, (pending) =>
          request(pending.map(({ Id, ReceiptHandle }) => ({ Id, ReceiptHandle }))),
        );
      },
      { concurrency },
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
