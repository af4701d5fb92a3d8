import { setTimeout as wait } from 'node:timers/promises';
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { z } from 'zod';
import type { FunctionPool } from './function-pool.ts';

/** The mapping of a queue to a function, as in the template. */
export const mappingSchema = z.strictObject({
  EventSourceArn: z.string(),
  FunctionName: z.string(),
  BatchSize: z.int(),
  Enabled: z.boolean().default(true),
  MaximumBatchingWindowInSeconds: z.int().default(0),
  ScalingConfig: z.strictObject({ MaximumConcurrency: z.int() }),
  FunctionResponseTypes: z.tuple([z.literal('ReportBatchItemFailures')]),
  Tags: z.unknown().optional(),
});

export interface MappingOptions {
  readonly mapping: z.output<typeof mappingSchema>;
  readonly queueUrl: string;
  readonly function: FunctionPool;
  /** A client with the function's role: Lambda polls with it. */
  readonly sqs: SQSClient;
  /** Ends visibility timeouts: half an hour is too long for a test. */
  readonly admin: SQSClient;
  /** Pollers, at most the mapping's maximum concurrency. */
  readonly pollers: number;
  /** A batching window of the template divided by this. */
  readonly hurry: number;
  readonly region: string;
}

const answerSchema = z.object({ batchItemFailures: z.array(z.object({ itemIdentifier: z.string() })) });

/** Polls a queue for a function as Lambda does, and deletes what the function does not report as failed. */
export class EventSourceMapping {
  readonly queueUrl: string;
  readonly #options: MappingOptions;
  #running = false;
  #polling: Promise<unknown> = Promise.resolve();
  /** Sizes of the batches. */
  readonly batches: number[] = [];
  /** Number of messages that the function reported as failed, or that were in a batch whose invocation failed. */
  failed = 0;
  /** Errors of invocations and of polling. */
  readonly errors: string[] = [];

  constructor(options: MappingOptions) {
    this.#options = options;
    this.queueUrl = options.queueUrl;
  }

  get isEnabled(): boolean {
    return this.#options.mapping.Enabled;
  }

  start(): void {
    if (!this.isEnabled || this.#running) return;
    this.#running = true;
    this.errors.length = 0;
    const { pollers, mapping } = this.#options;
    const count = Math.min(pollers, mapping.ScalingConfig.MaximumConcurrency);
    this.#polling = this.#validate().then(() => Promise.all(Array.from({ length: count }, () => this.#poll())));
  }

  async stop(): Promise<void> {
    this.#running = false;
    await this.#polling;
  }

  /** Lambda refuses a mapping whose function may not read the attributes of the queue. */
  async #validate(): Promise<void> {
    const { sqs, queueUrl } = this.#options;
    const command = new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['QueueArn'] });
    await sqs.send(command).catch((error: unknown) => this.#stopWith(error));
  }

  async #poll(): Promise<void> {
    while (this.#running) {
      const messages = await this.#collect().catch((error: unknown) => this.#stopWith(error));
      if (messages.length > 0) await this.#invoke(messages).catch((error: unknown) => this.#stopWith(error));
    }
  }

  #stopWith(error: unknown): Message[] {
    this.errors.push(String(error));
    this.#running = false;
    return [];
  }

  /** A batch is complete when it is full or its window has passed since the first message. */
  async #collect(): Promise<Message[]> {
    const { sqs, queueUrl, mapping, hurry } = this.#options;
    const messages: Message[] = [];
    let deadline = Number.POSITIVE_INFINITY;
    while (this.#running && messages.length < mapping.BatchSize && performance.now() < deadline) {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({
          QueueUrl: queueUrl,
          MaxNumberOfMessages: Math.min(10, mapping.BatchSize - messages.length),
          WaitTimeSeconds: messages.length === 0 ? 1 : 0,
          MessageSystemAttributeNames: ['All'],
        }),
      );
      if (messages.length === 0 && Messages.length > 0) {
        deadline = performance.now() + (mapping.MaximumBatchingWindowInSeconds * 1000) / hurry;
      }
      messages.push(...Messages);
      if (Messages.length === 0 && messages.length > 0) await wait(20);
    }
    return messages;
  }

  async #invoke(messages: readonly Message[]): Promise<void> {
    const { mapping, region } = this.#options;
    this.batches.push(messages.length);
    const Records = messages.map(({ MessageId, ReceiptHandle, Body, MD5OfBody, Attributes }) => ({
      messageId: MessageId,
      receiptHandle: ReceiptHandle,
      body: Body,
      attributes: Attributes,
      messageAttributes: {},
      md5OfBody: MD5OfBody,
      eventSource: 'aws:sqs',
      eventSourceARN: mapping.EventSourceArn,
      awsRegion: region,
    }));
    const all = new Set(messages.map(({ MessageId = '' }) => MessageId));
    const failed = await this.#options.function.invoke({ Records }).then(
      (answer) => new Set(answerSchema.parse(answer).batchItemFailures.map(({ itemIdentifier }) => itemIdentifier)),
      (error: unknown) => {
        this.errors.push(String(error));
        return all;
      },
    );
    this.failed += failed.size;
    await this.#delete(messages.filter(({ MessageId = '' }) => !failed.has(MessageId)));
    await this.#redeliver(messages.filter(({ MessageId = '' }) => failed.has(MessageId)));
  }

  async #delete(messages: readonly Message[]): Promise<void> {
    const { sqs, queueUrl } = this.#options;
    for (let start = 0; start < messages.length; start += 10) {
      const Entries = messages
        .slice(start, start + 10)
        .map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
      await sqs.send(new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
    }
  }

  /** Lambda leaves failed messages until their visibility timeout ends; here it ends at once. */
  async #redeliver(messages: readonly Message[]): Promise<void> {
    const { admin, queueUrl } = this.#options;
    for (const { ReceiptHandle } of messages) {
      await admin.send(new ChangeMessageVisibilityCommand({ QueueUrl: queueUrl, ReceiptHandle, VisibilityTimeout: 0 }));
    }
  }
}
