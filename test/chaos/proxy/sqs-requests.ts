import { z } from 'zod';
import { batchFaults, type FaultPlan, randomOf, receiveFaults } from './fault-plan.ts';
import { type ProxyAnswer, type ProxyRequest, withBody } from './forward.ts';

const entrySchema = z.looseObject({ Id: z.string(), ReceiptHandle: z.string().optional() });
const batchSchema = z.looseObject({ QueueUrl: z.string(), Entries: z.array(entrySchema) });
const batchAnswerSchema = z.looseObject({
  Successful: z.array(z.looseObject({ Id: z.string() })).default([]),
  Failed: z.array(z.looseObject({ Id: z.string() })).default([]),
});
const receiveSchema = z.looseObject({ QueueUrl: z.string(), MaxNumberOfMessages: z.int().default(1) });
const messageSchema = z.looseObject({
  MessageId: z.string(),
  ReceiptHandle: z.string(),
  Attributes: z.looseObject({ ApproximateReceiveCount: z.string() }),
});
const messagesSchema = z.looseObject({ Messages: z.array(messageSchema).default([]) });
type Message = z.output<typeof messageSchema>;

type Send = (request: ProxyRequest) => Promise<ProxyAnswer>;

/** Messages of a queue to deliver once more. */
const maxRepeated = 20;
/** Later deliveries of a message are not lost: a row cannot be written about a message that nobody receives. */
const maxLostDelivery = 2;
/** Of a repeated delivery: SQS gives each delivery another receipt. */
const copyMark = '#copy';

/** Faults of the requests of SQS, in its JSON protocol. */
export class SqsRequests {
  readonly #plan: FaultPlan;
  readonly #send: Send;
  readonly #delay: () => Promise<void>;
  readonly #repeated = new Map<string, Message[]>();
  /** Messages handed to clients. */
  delivered = 0;

  /** @param delay waits longer than clients do */
  constructor(plan: FaultPlan, send: Send, delay: () => Promise<void>) {
    this.#plan = plan;
    this.#send = send;
    this.#delay = delay;
  }

  /** @param operation such as `ReceiveMessage` */
  async answer(operation: string, request: ProxyRequest): Promise<ProxyAnswer | 'lost'> {
    if (operation === 'ReceiveMessage') return this.#receive(request);
    return operation.endsWith('Batch') ? this.#batch(operation, request) : this.#send(request);
  }

  async #receive(request: ProxyRequest): Promise<ProxyAnswer | 'lost'> {
    const { QueueUrl, MaxNumberOfMessages } = receiveSchema.parse(parseJson(request.body));
    const answer = await this.#send(request);
    if (answer.status !== 200) return answer;
    const { Messages: messages } = messagesSchema.parse(parseJson(answer.body));
    const fault = messages.length === 0 ? undefined : this.#plan.choose(`receive ${QueueUrl}`, receiveFaults);
    if (fault === 'lost receive' || fault === 'delay') {
      if (messages.some((message) => deliveriesOf(message) > maxLostDelivery)) return this.#deliver(answer, messages);
      this.#plan.count(fault);
      if (fault === 'delay') await this.#delay();
      return fault === 'delay' ? answer : 'lost';
    }
    const repeated = this.#repeatedOf(QueueUrl);
    const copies = this.#plan.isActive ? repeated.splice(0, MaxNumberOfMessages - messages.length) : [];
    for (const _ of copies) this.#plan.count('repeated message');
    if (fault === 'repeated message' && repeated.length < maxRepeated) repeated.push(...messages.map(copyOf));
    if (fault === 'reordered messages') this.#plan.count(fault);
    return this.#deliver(answer, [...copies, ...(fault === 'reordered messages' ? reordered(messages) : messages)]);
  }

  #deliver(answer: ProxyAnswer, messages: readonly Message[]): ProxyAnswer {
    this.delivered += messages.length;
    return messages.length === 0 ? answer : withBody(answer, JSON.stringify({ Messages: messages }));
  }

  #repeatedOf(queue: string): Message[] {
    const repeated = this.#repeated.get(queue) ?? [];
    this.#repeated.set(queue, repeated);
    return repeated;
  }

  async #batch(operation: string, request: ProxyRequest): Promise<ProxyAnswer> {
    const batch = batchSchema.parse(parseJson(request.body));
    const entries = batch.Entries.map((entry) =>
      entry.ReceiptHandle === undefined ? entry : { ...entry, ReceiptHandle: withoutMark(entry.ReceiptHandle) },
    );
    const fault = this.#plan.choose(`${operation} ${batch.QueueUrl}`, batchFaults);
    // Every second entry, and at least one.
    const chosen = new Set(
      fault === undefined ? [] : entries.filter((_, index) => index % 2 === 0).map(({ Id }) => Id),
    );
    const forwarded = fault === 'failed entries' ? entries.filter(({ Id }) => !chosen.has(Id)) : entries;
    if (fault !== undefined) this.#plan.count(fault);
    const failed = Array.from(chosen, (Id) => ({ Id, Code: 'InternalError', SenderFault: false, Message: 'chaos' }));
    if (forwarded.length === 0) return jsonAnswer({ Successful: [], Failed: failed });
    const body = Buffer.from(JSON.stringify({ ...batch, Entries: forwarded }));
    const answer = await this.#send({ ...request, body });
    if (answer.status !== 200) return answer;
    const { Successful, Failed } = batchAnswerSchema.parse(parseJson(answer.body));
    return withBody(
      answer,
      JSON.stringify({
        Successful: Successful.filter(({ Id }) => !chosen.has(Id)),
        Failed: [...Failed.filter(({ Id }) => !chosen.has(Id)), ...failed],
      }),
    );
  }
}

function deliveriesOf({ Attributes }: Message): number {
  return Number(Attributes.ApproximateReceiveCount);
}

function reordered(messages: readonly Message[]): Message[] {
  return messages.toSorted((one, other) => randomOf(one.MessageId) - randomOf(other.MessageId));
}

function copyOf(message: Message): Message {
  return { ...message, ReceiptHandle: `${message.ReceiptHandle}${copyMark}` };
}

function withoutMark(receipt: string): string {
  return receipt.replace(copyMark, '');
}

function parseJson(body: Buffer): unknown {
  return JSON.parse(body.toString());
}

function jsonAnswer(body: object): ProxyAnswer {
  return withBody(
    { status: 200, headers: { 'content-type': 'application/x-amz-json-1.0' }, body: Buffer.of() },
    JSON.stringify(body),
  );
}
