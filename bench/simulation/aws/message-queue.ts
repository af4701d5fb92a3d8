import type { QueueDefinition } from '../template/deployment.ts';

/** Messages that were sent together and have been received equally often. */
export interface Lot {
  readonly sentAt: number;
  readonly messages: number;
  readonly receives: number;
}

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html */
const skippedReceives = 3;

export interface QueueCounts {
  sent: number;
  received: number;
  deleted: number;
  /** Dropped at the end of the retention period. */
  expired: number;
}

/** A standard queue of SQS, counting messages instead of keeping each. */
export class MessageQueue {
  readonly definition: QueueDefinition;
  readonly #maxInFlight: number;
  readonly #deadLetters: MessageQueue | undefined;
  /** Waiting messages, oldest first. */
  readonly #waiting: Lot[] = [];
  /** Messages of lost consumers, until their visibility timeout ends. */
  #hidden: { readonly until: number; readonly lot: Lot }[] = [];
  readonly #held = new Set<Lot>();
  #waitingCount = 0;
  #heldCount = 0;
  #hiddenCount = 0;
  readonly counts: QueueCounts = { sent: 0, received: 0, deleted: 0, expired: 0 };

  constructor(
    definition: QueueDefinition,
    { maxInFlight, deadLetters }: { readonly maxInFlight: number; readonly deadLetters?: MessageQueue | undefined },
  ) {
    this.definition = definition;
    this.#maxInFlight = maxInFlight;
    this.#deadLetters = deadLetters;
  }

  get waiting(): number {
    return this.#waitingCount;
  }

  /** Received and not deleted. */
  get held(): number {
    return this.#heldCount + this.#hiddenCount;
  }

  get total(): number {
    return this.waiting + this.held;
  }

  /** Seconds that the oldest message has been in the queue; 0 without messages. Held messages count. */
  age(now: number): number {
    return now - (this.#oldest(() => true) ?? now);
  }

  /** The age that SQS reports, which skips messages that were received three times; undefined without others. */
  reportedAge(now: number): number | undefined {
    const oldest = this.#oldest(({ receives }) => receives < skippedReceives);
    return oldest === undefined ? undefined : now - oldest;
  }

  #oldest(counts: (lot: Lot) => boolean): number | undefined {
    // Waiting messages are sorted.
    let oldest = this.#waiting.find(counts)?.sentAt ?? Number.POSITIVE_INFINITY;
    for (const lot of this.#held) if (counts(lot)) oldest = Math.min(oldest, lot.sentAt);
    for (const { lot } of this.#hidden) if (counts(lot)) oldest = Math.min(oldest, lot.sentAt);
    return oldest === Number.POSITIVE_INFINITY ? undefined : oldest;
  }

  /** Seconds that the oldest waiting message has been in the queue. */
  waitingAge(now: number): number {
    return now - (this.#waiting[0]?.sentAt ?? now);
  }

  send(messages: number, now: number): void {
    if (messages === 0) return;
    this.counts.sent += messages;
    this.#add({ sentAt: now, messages, receives: 0 });
  }

  /** Takes up to a number of messages; those that were received too often become dead letters instead. */
  receive(max: number): Lot[] {
    const taken: Lot[] = [];
    let room = Math.min(max, this.#maxInFlight - this.held);
    const maxReceives = this.definition.redrive?.maxReceives ?? Number.POSITIVE_INFINITY;
    while (room > 0) {
      const [first] = this.#waiting;
      if (first === undefined) break;
      if (first.receives >= maxReceives && this.#deadLetters) {
        this.#waiting.shift();
        this.#waitingCount -= first.messages;
        this.#deadLetters.#add(first);
        continue;
      }
      const messages = Math.min(room, first.messages);
      if (messages === first.messages) this.#waiting.shift();
      else this.#waiting[0] = { ...first, messages: first.messages - messages };
      const lot = { ...first, messages, receives: first.receives + 1 };
      this.#waitingCount -= messages;
      this.#heldCount += messages;
      this.#held.add(lot);
      taken.push(lot);
      room -= messages;
    }
    this.counts.received += countOf(taken);
    return taken;
  }

  delete(lots: readonly Lot[]): void {
    for (const lot of lots) this.#drop(lot);
    this.counts.deleted += countOf(lots);
  }

  /** Returns held messages, which wait again at once. */
  release(lots: readonly Lot[]): void {
    for (const lot of lots) {
      this.#drop(lot);
      this.#add(lot);
    }
  }

  /** The consumer of held messages is lost: they wait again at the end of their visibility timeout. */
  abandon(lots: readonly Lot[], receivedAt: number): void {
    const until = receivedAt + this.definition.visibilitySeconds;
    for (const lot of lots) {
      this.#drop(lot);
      this.#hiddenCount += lot.messages;
      this.#hidden.push({ until, lot });
    }
  }

  /** Ends visibility timeouts and retention. */
  advance(now: number): void {
    if (this.#hidden.length > 0) {
      for (const { until, lot } of this.#hidden) {
        if (until > now) continue;
        this.#hiddenCount -= lot.messages;
        this.#add(lot);
      }
      this.#hidden = this.#hidden.filter(({ until }) => until > now);
    }
    for (let [first] = this.#waiting; first !== undefined; [first] = this.#waiting) {
      if (now - first.sentAt < this.definition.retentionSeconds) return;
      this.#waiting.shift();
      this.#waitingCount -= first.messages;
      this.counts.expired += first.messages;
    }
  }

  #drop(lot: Lot): void {
    if (!this.#held.delete(lot)) throw new Error('these messages are not held');
    this.#heldCount -= lot.messages;
  }

  /** In the order of sending; most lots are the newest. */
  #add(lot: Lot): void {
    const waiting = this.#waiting;
    this.#waitingCount += lot.messages;
    let index = waiting.length;
    while (index > 0 && (waiting[index - 1]?.sentAt ?? 0) > lot.sentAt) index -= 1;
    const [before, after] = [waiting[index - 1], waiting[index]];
    if (before && isSameKind(before, lot)) waiting[index - 1] = merged(before, lot);
    else if (after && isSameKind(after, lot)) waiting[index] = merged(after, lot);
    else waiting.splice(index, 0, lot);
  }
}

export function countOf(lots: readonly Lot[]): number {
  return lots.reduce((sum, { messages }) => sum + messages, 0);
}

function isSameKind(one: Lot, other: Lot): boolean {
  return one.sentAt === other.sentAt && one.receives === other.receives;
}

function merged(one: Lot, other: Lot): Lot {
  return { ...one, messages: one.messages + other.messages };
}
