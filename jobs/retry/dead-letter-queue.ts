import { sqsLimits } from '../../shared/events/sqs-limits.ts';
import { Failure } from '../../shared/failures/failure.ts';
import type { SqsDelivery, SqsQueue } from '../../shared/stores/aws/sqs-queue.ts';
import type { RefusedEntry } from '../../shared/stores/ports.ts';
import { VisibilityKeeper } from '../../shared/stores/visibility-keeper.ts';

/** A message of a dead-letter queue. */
export interface HeldLetter {
  /** The same however often the message is handed out. */
  readonly id: string;
  readonly body: string;
}

/** Receives that are under way at the same time: what they bring, up to 10 MB each, is held in memory. */
const receivesAtOnce = 4;
/** Messages that are held at most: each is to be kept hidden, which takes a request for ten. */
const mostHeld = 50_000;
/** Answers in a row with nothing new in them after which nothing new is expected. */
const mostRepetitions = 3;

/**
 * Looks at the messages of a dead-letter queue, each once. What was looked at stays hidden, or it would be handed out
 * again, until it is removed or given back; a process that is killed leaves it to reappear by itself.
 */
export class DeadLetterQueue {
  readonly url: string;
  readonly #queue: SqsQueue<string>;
  /** Receipts by id: the latest, which alone is sure to count. */
  readonly #held = new Map<string, string>();
  readonly #keeper: VisibilityKeeper;

  constructor(url: string, queue: SqsQueue<string>) {
    this.url = url;
    this.#queue = queue;
    this.#keeper = new VisibilityKeeper(queue);
  }

  /** Whether so many are held that no more are looked at. */
  get isFull(): boolean {
    return this.#held.size >= mostHeld;
  }

  /**
   * The next few messages; none where there are no more, or too many are held.
   * @throws {Failure} what was received before is then still held
   */
  async next(): Promise<HeldLetter[]> {
    for (let repetition = 0; repetition < mostRepetitions && !this.isFull; repetition += 1) {
      const started = performance.now();
      const deliveries = await this.#receive();
      if (deliveries.length === 0) return [];
      const fresh = new Map<string, string | Failure>();
      for (const { messageId, receipt, body } of deliveries) {
        const before = this.#held.get(messageId);
        if (before === undefined) fresh.set(messageId, body);
        else this.#keeper.release([before]);
        this.#held.set(messageId, receipt);
      }
      this.#keeper.hold(
        deliveries.map(({ receipt }) => receipt),
        started,
      );
      const letters = Array.from(fresh, ([id, body]) => ({ id, body: textOf(body) }));
      if (letters.length > 0) return letters;
    }
    return [];
  }

  /** Deletes messages for good; resolves with those for which that failed, which stay held. */
  async remove(letters: readonly HeldLetter[]): Promise<RefusedEntry[]> {
    const receipts = letters.map(({ id }) => this.#held.get(id) ?? '');
    const refused = await this.#queue.acknowledge(receipts);
    const failed = new Set(refused.map(({ index }) => index));
    this.#keeper.release(receipts.filter((_, index) => !failed.has(index)));
    for (const [index, { id }] of letters.entries()) if (!failed.has(index)) this.#held.delete(id);
    return refused;
  }

  /** Gives back what is held; what that fails for comes back by itself once its visibility ends. */
  async close(): Promise<void> {
    await this.#keeper.setVisibility([...this.#held.values()], 0);
    this.#keeper.close();
    this.#held.clear();
  }

  async #receive(): Promise<SqsDelivery<string>[]> {
    const options = { max: sqsLimits.entries, waitSeconds: 1 };
    const first = await this.#queue.receive(options);
    if (first.length < options.max) return first;
    const others = Array.from({ length: receivesAtOnce - 1 }, () => this.#queue.receive(options));
    const received = (await Promise.allSettled(others)).flatMap((outcome) =>
      outcome.status === 'fulfilled' ? outcome.value : [],
    );
    // A receive that failed is of no account: the next one meets the same fault, if it lasts.
    return [...first, ...received];
  }
}

/** Read as it is, a body cannot fail. */
function textOf(body: string | Failure): string {
  if (body instanceof Failure) throw body;
  return body;
}
