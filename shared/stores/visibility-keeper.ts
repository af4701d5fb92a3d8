import pMap from 'p-map';
import { settledWithin } from '../flow/settled-within.ts';
import { sqsLimits } from './aws/sqs-limits.ts';
import type { Queue, RefusedEntry } from './ports.ts';

/** Share of the visibility after which it is extended: early enough for a second attempt if the first one fails. */
const extendAfter = 0.4;
/** How long to wait for an extension that is running before its message is returned, milliseconds. */
const maxExtensionMs = 1_000;
/** Requests to extend that run at the same time. */
const concurrency = 16;

/**
 * Keeps received messages hidden from other receivers: extends their visibility until they are released. An extension
 * that fails is repeated at the next check, which is early enough unless several fail in a row.
 */
export class VisibilityKeeper {
  readonly #queue: Pick<Queue<unknown>, 'setVisibility' | 'visibilitySeconds'>;
  /** By receipt, the time of its last extension: milliseconds of a clock that is never set back. */
  readonly #held = new Map<string, number>();
  /** By receipt, the request that extends it. In small groups, so that a slow request delays few messages. */
  readonly #extending = new Map<string, Promise<void>>();
  readonly #timer: NodeJS.Timeout;

  constructor(queue: Pick<Queue<unknown>, 'setVisibility' | 'visibilitySeconds'>) {
    this.#queue = queue;
    const intervalMs = Math.max(100, (queue.visibilitySeconds * 1000 * extendAfter) / 2);
    this.#timer = setInterval(() => this.#extendDue(), Math.min(intervalMs, 2 ** 30)).unref();
  }

  /** @param since `performance.now()` when their visibility began, or a moment before that */
  hold(receipts: readonly string[], since: number): void {
    for (const receipt of receipts) this.#held.set(receipt, since);
  }

  /** Stops extending messages: they were deleted, or are held under another receipt. */
  release(receipts: readonly string[]): void {
    for (const receipt of receipts) this.#held.delete(receipt);
  }

  /**
   * Hides messages for `seconds` from now, then no longer; 0 returns them at once.
   * @returns those for which that failed
   */
  async setVisibility(receipts: readonly string[], seconds: number): Promise<RefusedEntry[]> {
    // Released first, or an extension that is sent later would undo this.
    this.release(receipts);
    const extending = new Set(receipts.flatMap((receipt) => this.#extending.get(receipt) ?? []));
    if (extending.size > 0) await settledWithin(maxExtensionMs, [...extending]);
    return this.#queue.setVisibility(receipts, seconds);
  }

  /** Stops extending any message. */
  close(): void {
    clearInterval(this.#timer);
    this.#held.clear();
  }

  #extendDue(): void {
    const due = performance.now() - this.#queue.visibilitySeconds * 1000 * extendAfter;
    const receipts = [...this.#held]
      .filter(([receipt, since]) => since <= due && !this.#extending.has(receipt))
      .map(([receipt]) => receipt);
    for (const receipt of receipts) this.#extending.set(receipt, Promise.resolve());
    const { entries } = sqsLimits;
    const groups = Array.from({ length: Math.ceil(receipts.length / entries) }, (_, group) =>
      receipts.slice(group * entries, (group + 1) * entries),
    );
    void pMap(groups, (group) => this.#extend(group), { concurrency });
  }

  async #extend(group: readonly string[]): Promise<void> {
    const extending = this.#request(group.filter((receipt) => this.#held.has(receipt)));
    for (const receipt of group) this.#extending.set(receipt, extending);
    await extending;
    for (const receipt of group) this.#extending.delete(receipt);
  }

  async #request(receipts: readonly string[]): Promise<void> {
    if (receipts.length === 0) return;
    const since = performance.now();
    const refused = await this.#queue.setVisibility(receipts, this.#queue.visibilitySeconds).catch(() => undefined);
    if (refused === undefined) return;
    const refusedIndexes = new Set(refused.map(({ index }) => index));
    for (const [index, receipt] of receipts.entries()) {
      if (this.#held.has(receipt) && !refusedIndexes.has(index)) this.#held.set(receipt, since);
    }
  }
}
