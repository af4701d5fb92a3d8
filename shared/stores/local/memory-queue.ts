import Fifo from 'yocto-queue';
import { Failure } from '../../failures/failure.ts';
import type { Delivery, Queue, RefusedEntry } from '../ports.ts';

export interface MemoryQueueOptions<T> {
  /** Seconds for which a delivered message stays hidden before it is delivered again: 0 to 43,200. */
  readonly visibilitySeconds: number;
  /**
   * Deliveries after which an unacknowledged message becomes a dead letter.
   * @default Infinity
   */
  readonly maxAttempts?: number;
  /**
   * Weight of the visible and held messages at which `send` starts to wait. The last one accepted may exceed it.
   * @default Infinity
   */
  readonly capacity?: number;
  /** @default 1, so that `capacity` is a number of messages */
  readonly weightOf?: (body: T) => number;
  /** Called once with the body of each acknowledged message, which nobody reads anymore. */
  readonly onAcknowledged?: (body: T) => void;
  /** Once aborted, messages that have to wait are refused instead. */
  readonly signal?: AbortSignal;
}

interface Message<T> {
  readonly body: T;
  attempt: number;
  receipt: string;
  state: 'visible' | 'held' | 'removed';
  timer: NodeJS.Timeout | undefined;
}

interface Sender<T> {
  readonly bodies: readonly T[];
  sent: number;
  readonly settle: (refused: RefusedEntry[]) => void;
}

interface Receiver<T> {
  readonly max: number;
  readonly settle: (deliveries: Delivery<T>[]) => void;
}

/** Messages of one receive, as in SQS. */
const maxReceived = 10;
/** The limit of SQS. */
const maxVisibilitySeconds = 43_200;

/**
 * A queue in this process with the semantics of SQS. Bodies are not serialized.
 *
 * As in SQS, an expired receipt still deletes its message until the message is delivered again, and has no effect after
 * that. Unlike in SQS, a message becomes a dead letter as soon as the visibility of its last attempt ends, not at the next
 * receive, so `depth` never counts messages that will not be delivered.
 */
export class MemoryQueue<T> implements Queue<T> {
  readonly maxAttempts: number;
  readonly visibilitySeconds: number;
  readonly #capacity: number;
  readonly #weightOf: (body: T) => number;
  readonly #onAcknowledged: (body: T) => void;
  readonly #signal: AbortSignal | undefined;
  readonly #messages = new Fifo<Message<T>>();
  readonly #byReceipt = new Map<string, Message<T>>();
  readonly #senders = new Fifo<Sender<T>>();
  readonly #receivers = new Set<Receiver<T>>();
  readonly #dead: T[] = [];
  #visible = 0;
  #held = 0;
  /** Of the visible and held messages. */
  #weight = 0;
  #deliveries = 0;

  constructor(options: MemoryQueueOptions<T>) {
    this.maxAttempts = atLeastOne('maxAttempts', options.maxAttempts ?? Infinity);
    this.#capacity = atLeastOne('capacity', options.capacity ?? Infinity);
    this.#weightOf = options.weightOf ?? (() => 1);
    this.#onAcknowledged = options.onAcknowledged ?? (() => {});
    this.visibilitySeconds = visibility(options.visibilitySeconds);
    this.#signal = options.signal;
    this.#signal?.addEventListener('abort', () => this.#refuseSenders(), { once: true });
  }

  /** Bodies of the messages whose attempts are used up, oldest first. */
  deadLetters(): readonly T[] {
    return this.#dead;
  }

  /** If the queue is full, waits until all messages are accepted or the queue's signal is aborted. */
  send(bodies: readonly T[]): Promise<RefusedEntry[]> {
    if (bodies.length === 0) return Promise.resolve([]);
    return new Promise((settle) => {
      this.#senders.enqueue({ bodies, sent: 0, settle });
      this.#settle();
      if (this.#signal?.aborted) this.#refuseSenders();
    });
  }

  async receive(options: { max: number; waitSeconds: number; signal?: AbortSignal }): Promise<Delivery<T>[]> {
    const { waitSeconds, signal } = options;
    if (signal?.aborted) return [];
    const max = Math.min(options.max, maxReceived);
    const ready = this.#take(max);
    if (ready.length > 0 || waitSeconds <= 0) return ready;
    return new Promise((resolve) => {
      const settle = (deliveries: Delivery<T>[]) => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', giveUp);
        this.#receivers.delete(receiver);
        resolve(deliveries);
      };
      const giveUp = () => settle([]);
      const receiver: Receiver<T> = { max, settle };
      // The only timer that keeps the process alive, since a caller awaits its end.
      const timer = setTimeout(giveUp, waitSeconds * 1000);
      signal?.addEventListener('abort', giveUp, { once: true });
      this.#receivers.add(receiver);
    });
  }

  async acknowledge(receipts: readonly string[]): Promise<RefusedEntry[]> {
    for (const receipt of receipts) {
      const message = this.#byReceipt.get(receipt);
      if (message === undefined) continue;
      this.#remove(message);
      this.#onAcknowledged(message.body);
    }
    this.#settle();
    return [];
  }

  async setVisibility(receipts: readonly string[], seconds: number): Promise<RefusedEntry[]> {
    visibility(seconds);
    const refused: RefusedEntry[] = [];
    for (const [index, receipt] of receipts.entries()) {
      const message = this.#byReceipt.get(receipt);
      if (message?.state !== 'held') {
        refused.push({ index, failure: new Failure('internal', 'the receipt has expired') });
      } else if (seconds === 0) this.#release(message);
      else this.#hide(message, seconds);
    }
    this.#settle();
    return refused;
  }

  async depth(): Promise<{ visible: number; inFlight: number }> {
    return { visible: this.#visible, inFlight: this.#held };
  }

  /** After a change, accepts and delivers all messages that it can. */
  #settle(): void {
    this.#admit();
    this.#serve();
  }

  /** Accepts messages of waiting senders while there is room, in the order of their calls. */
  #admit(): void {
    for (let sender = this.#senders.peek(); sender !== undefined; sender = this.#senders.peek()) {
      for (const body of sender.bodies.slice(sender.sent)) {
        if (this.#weight >= this.#capacity) return;
        this.#messages.enqueue({ body, attempt: 0, receipt: '', state: 'visible', timer: undefined });
        this.#visible += 1;
        this.#weight += this.#weightOf(body);
        sender.sent += 1;
      }
      this.#senders.dequeue();
      sender.settle([]);
    }
  }

  #serve(): void {
    for (const receiver of this.#receivers) {
      if (this.#visible === 0) return;
      receiver.settle(this.#take(receiver.max));
    }
  }

  #take(max: number): Delivery<T>[] {
    const deliveries: Delivery<T>[] = [];
    while (deliveries.length < max) {
      const message = this.#messages.dequeue();
      if (message === undefined) break;
      if (message.state !== 'removed') deliveries.push(this.#deliver(message));
    }
    return deliveries;
  }

  #deliver(message: Message<T>): Delivery<T> {
    this.#byReceipt.delete(message.receipt);
    this.#deliveries += 1;
    message.receipt = String(this.#deliveries);
    message.attempt += 1;
    message.state = 'held';
    this.#byReceipt.set(message.receipt, message);
    this.#visible -= 1;
    this.#held += 1;
    this.#hide(message, this.visibilitySeconds);
    return { receipt: message.receipt, attempt: message.attempt, body: message.body };
  }

  #hide(message: Message<T>, seconds: number): void {
    clearTimeout(message.timer);
    message.timer = setTimeout(() => {
      this.#release(message);
      this.#settle();
    }, seconds * 1000).unref();
  }

  /** Ends the visibility timeout of a held message, which can then be delivered again or becomes a dead letter. */
  #release(message: Message<T>): void {
    if (message.attempt >= this.maxAttempts) {
      this.#dead.push(message.body);
      this.#remove(message);
      return;
    }
    clearTimeout(message.timer);
    message.state = 'visible';
    this.#held -= 1;
    this.#visible += 1;
    this.#messages.enqueue(message);
  }

  #remove(message: Message<T>): void {
    clearTimeout(message.timer);
    this.#byReceipt.delete(message.receipt);
    if (message.state === 'held') this.#held -= 1;
    else this.#visible -= 1;
    this.#weight -= this.#weightOf(message.body);
    message.state = 'removed';
  }

  #refuseSenders(): void {
    for (let sender = this.#senders.dequeue(); sender !== undefined; sender = this.#senders.dequeue()) {
      const { bodies, sent, settle } = sender;
      const failure = new Failure('unavailable', 'sending was aborted before the queue had room');
      settle(bodies.slice(sent).map((_, offset) => ({ index: sent + offset, failure })));
    }
  }
}

function atLeastOne(name: string, value: number): number {
  if (value >= 1) return value;
  throw new RangeError(`expected ${name} to be at least 1, received ${value}`);
}

function visibility(seconds: number): number {
  if (seconds >= 0 && seconds <= maxVisibilitySeconds) return seconds;
  throw new RangeError(`expected a visibility of 0 to ${maxVisibilitySeconds} seconds, received ${seconds}`);
}
