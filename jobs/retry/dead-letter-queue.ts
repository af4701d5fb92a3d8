import { Failure } from '../../shared/failures/failure.ts';
import { sqsLimits } from '../../shared/stores/aws/sqs-limits.ts';
import type { SqsDelivery, SqsQueue } from '../../shared/stores/aws/sqs-queue.ts';
import type { RefusedEntry } from '../../shared/stores/ports.ts';
import { VisibilityKeeper } from '../../shared/stores/visibility-keeper.ts';

/** A message of a dead-letter queue, held while it is processed. */
export interface HeldLetter {
  /** The same for every delivery of the message. */
  readonly id: string;
  readonly body: string;
}

/** Limited by memory: each receives up to 10 MB. */
const parallelReceives = 4;
/** Limited by the requests that extend the visibility of held messages, one for ten. */
const maxHeld = 50_000;
/** Consecutive answers without a new message after which the queue counts as read. */
const maxRepetitions = 3;

/**
 * Reads the messages of a dead-letter queue, each once. Messages that were read stay hidden until they are removed or the
 * queue is closed, or they would be delivered again. After a crash they reappear when their visibility timeout ends.
 */
export class DeadLetterQueue {
  readonly url: string;
  readonly #queue: SqsQueue<string>;
  /** Receipts by id. Only the latest receipt of a message is certainly valid. */
  readonly #held = new Map<string, string>();
  readonly #keeper: VisibilityKeeper;

  constructor(url: string, queue: SqsQueue<string>) {
    this.url = url;
    this.#queue = queue;
    this.#keeper = new VisibilityKeeper(queue);
  }

  /** Whether the maximum of messages is held, so that no more are read. */
  get isFull(): boolean {
    return this.#held.size >= maxHeld;
  }

  /**
   * Reads some more messages; none if there are no more or the queue is full.
   * @throws {Failure} messages that were read before stay held
   */
  async next(): Promise<HeldLetter[]> {
    for (let repetition = 0; repetition < maxRepetitions && !this.isFull; repetition += 1) {
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

  /** Deletes messages. @returns those that could not be deleted; they stay held */
  async remove(letters: readonly HeldLetter[]): Promise<RefusedEntry[]> {
    const receipts = letters.map(({ id }) => this.#held.get(id) ?? '');
    const refused = await this.#queue.acknowledge(receipts);
    const failed = new Set(refused.map(({ index }) => index));
    this.#keeper.release(receipts.filter((_, index) => !failed.has(index)));
    for (const [index, { id }] of letters.entries()) if (!failed.has(index)) this.#held.delete(id);
    return refused;
  }

  /** Makes held messages visible again. If that fails, they reappear when their visibility timeout ends. */
  async close(): Promise<void> {
    await this.#keeper.setVisibility([...this.#held.values()], 0);
    this.#keeper.close();
    this.#held.clear();
  }

  async #receive(): Promise<SqsDelivery<string>[]> {
    const options = { max: sqsLimits.entries, waitSeconds: 1 };
    const first = await this.#queue.receive(options);
    if (first.length < options.max) return first;
    const others = Array.from({ length: parallelReceives - 1 }, () => this.#queue.receive(options));
    const received = (await Promise.allSettled(others)).flatMap((outcome) =>
      outcome.status === 'fulfilled' ? outcome.value : [],
    );
    // A failed receive is ignored: a lasting fault also fails the first receive of the next call.
    return [...first, ...received];
  }
}

/** `textCodec` cannot fail. */
function textOf(body: string | Failure): string {
  if (body instanceof Failure) throw body;
  return body;
}
