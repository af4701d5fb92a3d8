import { Readable } from 'node:stream';
import type { S3Client } from '@aws-sdk/client-s3';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { z } from 'zod';
import { Failure } from '../../failures/failure.ts';
import { untilAborted } from '../../flow/until-aborted.ts';
import { type AwsClients, endpointOf } from './clients.ts';
import { heldBody } from './held-body.ts';

/** A request that has had no answer for a while, or no more bytes of its answer. */
export interface Silence {
  /** Name of the request, for example `GetObject`. */
  readonly request: string;
  /** Address of the service as the user gave it, or `AWS`. */
  readonly service: string;
  /** Time without an answer. */
  readonly ms: number;
}

export interface AnswerWatchOptions {
  /** A request without an answer for this long is reported. */
  readonly reportAfterMs: number;
  /** A request without an answer for this long ends the work, see `gaveUp`. */
  readonly giveUpAfterMs: number;
  /** Called once when a service falls silent. */
  readonly onSilent: (silence: Silence) => void;
  /** Called when the same request is answered. */
  readonly onAnswer: (silence: Silence) => void;
}

interface OpenRequest {
  readonly request: string;
  readonly service: string;
  /** When it was sent, or the last bytes of its answer arrived. */
  started: number;
  /** Set when an attempt had no answer. A long upload that makes progress is not silence. */
  isSilent: boolean;
}

interface Response {
  readonly output: object;
}

const contextSchema = z.object({ commandName: z.string().optional() });
const bodySchema = z.object({ Body: z.instanceof(Readable), ETag: z.string().optional() });
const errorSchema = z.object({ name: z.literal('TimeoutError'), code: z.literal('ETIMEDOUT').optional() });

/**
 * Watches whether services answer, for commands whose user waits. The SDK fails a request after half a minute, and an answer
 * whose body stops arriving after some seconds; here it is repeated until the service answers completely, so a pause of the
 * service costs no image an attempt. A service that stays silent ends the work: from then on, every request fails at once.
 */
export class AnswerWatch {
  readonly #options: AnswerWatchOptions;
  readonly #gaveUp = new AbortController();
  readonly #open = new Set<OpenRequest>();
  readonly #openByContext = new WeakMap<object, OpenRequest>();
  readonly #clients = new Set<S3Client | SQSClient>();
  #isHolding = true;
  #reported: OpenRequest | undefined;
  #lastAnswer = -Infinity;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: AnswerWatchOptions) {
    this.#options = options;
  }

  /** Aborted when a service did not answer for too long; the reason is a Failure with `timeout`. */
  get gaveUp(): AbortSignal {
    return this.#gaveUp.signal;
  }

  /** The longest wait for an answer now, if it is long enough to be reported. */
  get silence(): Silence | undefined {
    const open = this.#longest();
    return open !== undefined && silenceOf(open).ms >= this.#options.reportAfterMs ? silenceOf(open) : undefined;
  }

  /** From now on a request fails after the attempts of the SDK and ends nothing. For a server that outlives an outage. */
  stopHolding(): void {
    this.#isHolding = false;
  }

  /** Watches all requests of these clients. */
  attach({ s3, sqs }: AwsClients): void {
    this.#clients.add(s3).add(sqs);
    const whole = { step: 'initialize', name: 'holdUntilAnswer', priority: 'high' } as const;
    s3.middlewareStack.add((next, context) => (args) => this.#hold(s3, context, () => next(args)), whole);
    sqs.middlewareStack.add((next, context) => (args) => this.#hold(sqs, context, () => next(args)), whole);
    const attempt = { step: 'finalizeRequest', name: 'observeAnswer', priority: 'low' } as const;
    s3.middlewareStack.add((next, context) => (args) => this.#attempt(context, () => next(args)), attempt);
    sqs.middlewareStack.add((next, context) => (args) => this.#attempt(context, () => next(args)), attempt);
  }

  async #hold<T extends Response>(client: S3Client | SQSClient, context: object, send: () => Promise<T>): Promise<T> {
    const { commandName = 'a request' } = contextSchema.parse(context);
    const service = (await endpointOf(client)) ?? 'AWS';
    const request = commandName.replace(/Command$/, '');
    this.#gaveUp.signal.throwIfAborted();
    const open: OpenRequest = { request, service, started: performance.now(), isSilent: false };
    this.#openByContext.set(context, open);
    this.#watch(open);
    try {
      const answer = await this.#untilGivenUp(this.#repeat(send));
      this.#answered(open);
      return this.#withHeldBody(answer, open, send);
    } finally {
      this.#close(open);
    }
  }

  /** The answer with a body that is held too: the service may fall silent between two parts of it. */
  #withHeldBody<T extends Response>(answer: T, { request, service }: OpenRequest, send: () => Promise<T>): T {
    const { Body: body, ETag: etag } = bodySchema.safeParse(answer.output).data ?? {};
    if (body === undefined) return answer;
    const open: OpenRequest = { request, service, started: performance.now(), isSilent: false };
    const held = heldBody(body, {
      onWait: () => {
        if (open.isSilent) return;
        Object.assign(open, { started: performance.now(), isSilent: true });
        this.#watch(open);
      },
      onBytes: () => {
        this.#answered(open);
        open.isSilent = false;
      },
      onClose: () => this.#close(open),
      repeat: async (error) => {
        this.#gaveUp.signal.throwIfAborted();
        if (!this.#isHolding || !isSilence(error)) throw error;
        const { output } = await this.#untilGivenUp(this.#repeat(send));
        const again = bodySchema.safeParse(output).data;
        if (again !== undefined && again.ETag !== undefined && again.ETag === etag) return again.Body;
        again?.Body.destroy();
        throw error; // another object by now
      },
    });
    Object.assign(answer.output, { Body: held });
    return answer;
  }

  #untilGivenUp<T>(work: Promise<T>): Promise<T> {
    return untilAborted(work, this.#gaveUp.signal, Failure.from);
  }

  async #repeat<T>(send: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await send();
      } catch (error) {
        if (!this.#isHolding || this.#gaveUp.signal.aborted || !isSilence(error)) throw error;
      }
    }
  }

  async #attempt<T>(context: object, send: () => Promise<T>): Promise<T> {
    this.#gaveUp.signal.throwIfAborted();
    try {
      return await send();
    } catch (error) {
      const open = this.#openByContext.get(context);
      if (open !== undefined && isSilence(error)) open.isSilent = true;
      throw error;
    }
  }

  #watch(open: OpenRequest): void {
    this.#open.add(open);
    this.#timer ??= setInterval(() => this.#check(), Math.min(1000, this.#options.reportAfterMs / 4));
  }

  #answered(open: OpenRequest): void {
    this.#lastAnswer = performance.now();
    if (this.#reported !== open) return;
    this.#options.onAnswer(silenceOf(open));
    this.#reported = undefined;
  }

  #close(open: OpenRequest): void {
    this.#open.delete(open);
    if (this.#reported === open) this.#reported = undefined;
    if (this.#open.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #check(): void {
    const { silence } = this;
    if (silence === undefined) return;
    const { reportAfterMs, giveUpAfterMs, onSilent } = this.#options;
    // Other requests that waited for the same answer get theirs within a moment.
    if (this.#reported === undefined && performance.now() - this.#lastAnswer >= reportAfterMs / 2) {
      this.#reported = this.#longest();
      onSilent(silence);
    }
    if (this.#isHolding && silence.ms >= giveUpAfterMs) this.#giveUp(silence);
  }

  #longest(): OpenRequest | undefined {
    return [...this.#open].filter(({ isSilent }) => isSilent).sort((a, b) => a.started - b.started)[0];
  }

  #giveUp({ service, request, ms }: Silence): void {
    const detail = `${service} has not answered ${request} for ${Math.round(ms / 1000)} s`;
    this.#gaveUp.abort(new Failure('timeout', `${detail}: check the service, then run the same command again`));
    // Ends their connections, for which the process would wait.
    for (const client of this.#clients) client.destroy();
  }
}

function silenceOf({ request, service, started }: OpenRequest): Silence {
  return { request, service, ms: performance.now() - started };
}

/** The SDK also calls a connection that was reset a timeout. */
function isSilence(error: unknown): boolean {
  return errorSchema.safeParse(error).success;
}
