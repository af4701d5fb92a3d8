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
import { sqsRecord } from './sqs-record.ts';

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
  readonly windowDivisor: number;
  readonly region: string;
}

const answerSchema = z.object({ batchItemFailures: z.array(z.object({ itemIdentifier: z.string() })) });

/** Lambda closes a batch whose event would be longer. */
const maxEventBytes = 6 * 1024 ** 2;

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
    this.#polling = this.#validate().then(
      () => Promise.all(Array.from({ length: count }, () => this.#poll())),
      (error: unknown) => this.#stopWith(error),
    );
  }

  async stop(): Promise<void> {
    this.#running = false;
    await this.#polling;
  }

  /** @throws {Error} for a mapping that Lambda refuses to create */
  async #validate(): Promise<void> {
    const { sqs, queueUrl, mapping, function: polled } = this.#options;
    const command = new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['VisibilityTimeout'] });
    const { Attributes } = await sqs.send(command);
    const visibility = Number(Attributes?.['VisibilityTimeout']);
    if (visibility < polled.timeoutSeconds) {
      throw new Error(
        `${polled.name}: Queue visibility timeout: ${visibility} seconds is less than Function timeout: ${polled.timeoutSeconds} seconds`,
      );
    }
    if (mapping.BatchSize > 10 && mapping.MaximumBatchingWindowInSeconds === 0) {
      throw new Error(`${polled.name}: a maximum batch size over 10 needs a maximum batching window over 0 seconds`);
    }
  }

  async #poll(): Promise<void> {
    const received: Message[] = [];
    try {
      while (this.#running) {
        await this.#collect(received);
        const batch = received.splice(0, this.#fitting(received));
        if (batch.length > 0) await this.#invoke(batch);
      }
    } catch (error) {
      this.#stopWith(error);
    }
    await this.#redeliver(received);
  }

  #stopWith(error: unknown): void {
    this.errors.push(String(error));
    this.#running = false;
  }

  /** Receives messages until a batch is complete: it is full, or its window has passed since the first message. */
  async #collect(received: Message[]): Promise<void> {
    const { sqs, queueUrl, mapping, windowDivisor } = this.#options;
    const window = (mapping.MaximumBatchingWindowInSeconds * 1000) / windowDivisor;
    let deadline = received.length > 0 ? performance.now() + window : Number.POSITIVE_INFINITY;
    while (this.#running && received.length < mapping.BatchSize && performance.now() < deadline) {
      if (this.#fitting(received) < received.length) return;
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({
          QueueUrl: queueUrl,
          MaxNumberOfMessages: Math.min(10, mapping.BatchSize - received.length),
          WaitTimeSeconds: received.length === 0 ? 1 : 0,
          MessageSystemAttributeNames: ['All'],
        }),
      );
      if (received.length === 0 && Messages.length > 0) deadline = performance.now() + window;
      received.push(...Messages);
      if (Messages.length === 0 && received.length > 0) await wait(20);
    }
  }

  /** Number of messages, from the first, whose event is not too long. */
  #fitting(messages: readonly Message[]): number {
    let bytes = JSON.stringify({ Records: [] }).length;
    const first = messages.findIndex((message) => {
      bytes += Buffer.byteLength(JSON.stringify(this.#record(message))) + 1;
      return bytes > maxEventBytes;
    });
    return first === -1 ? messages.length : first;
  }

  #record(message: Message): unknown {
    const { mapping, region } = this.#options;
    return sqsRecord(message, mapping.EventSourceArn, region);
  }

  async #invoke(messages: readonly Message[]): Promise<void> {
    this.batches.push(messages.length);
    const failed = await this.#failures(messages);
    this.failed += failed.size;
    try {
      await this.#delete(messages.filter(({ MessageId = '' }) => !failed.has(MessageId)));
    } catch (error) {
      await this.#redeliver(messages);
      throw error;
    }
    await this.#redeliver(messages.filter(({ MessageId = '' }) => failed.has(MessageId)));
  }

  /** The ids that the function reports as failed: all, if it fails or its answer is not one that Lambda takes. */
  async #failures(messages: readonly Message[]): Promise<ReadonlySet<string>> {
    const ids = new Set(messages.map(({ MessageId = '' }) => MessageId));
    try {
      const answer = await this.#options.function.invoke({ Records: messages.map((message) => this.#record(message)) });
      const failed = answerSchema.parse(answer).batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
      const unknown = failed.filter((id) => !ids.has(id));
      if (unknown.length > 0) throw new Error(`failed messages that were not in the batch: ${unknown.join(', ')}`);
      return new Set(failed);
    } catch (error) {
      this.errors.push(String(error));
      return ids;
    }
  }

  async #delete(messages: readonly Message[]): Promise<void> {
    const { sqs, queueUrl } = this.#options;
    for (let start = 0; start < messages.length; start += 10) {
      const Entries = messages
        .slice(start, start + 10)
        .map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
      const { Failed = [] } = await sqs.send(new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
      if (Failed.length > 0) throw new Error(`could not delete messages: ${JSON.stringify(Failed)}`);
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
