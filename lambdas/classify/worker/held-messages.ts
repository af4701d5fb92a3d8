import type { CropEnvelope } from '../../../shared/crops/crop-envelope.ts';
import { sqsLimits } from '../../../shared/events/sqs-limits.ts';
import type { Delivery } from '../../../shared/stores/ports.ts';
import type { WorkerPorts } from '../ports.ts';

type HeldQueue = WorkerPorts['crops'];

/** Share of the visibility after which it is extended: early enough for a second try should the first fail. */
const extendAfter = 0.4;
/** For which an extension under way is waited for before its message is given back, milliseconds. */
const extensionMs = 1_000;
/** For which receives under way are waited for at the end, milliseconds: a wait for SQS looks up as often. */
const receiveMs = 2_000;
/** For which all that happens at the end is waited for, milliseconds: who is to be killed has little more. */
const closeMs = 4_000;

interface Held {
  readonly attempt: number;
  /** When it was received or extended last, milliseconds of a clock that is never set back. */
  since: number;
  /** Who waits until it is held no longer. */
  released?: () => void;
}

/**
 * A queue whose messages stay hidden from others for as long as they are held here: from their delivery until they are
 * acknowledged or given back.
 */
export class HeldMessages implements HeldQueue {
  readonly #queue: HeldQueue;
  readonly #onChange: (held: number) => void;
  /** By receipt. */
  readonly #held = new Map<string, Held>();
  /** Requests to extend, by the receipts in them: a slow one holds up no other. */
  readonly #extending = new Map<string, Promise<void>>();
  readonly #receiving = new Set<Promise<unknown>>();
  readonly #timer: NodeJS.Timeout;
  #closed = false;

  /** @param onChange is told how many are held whenever that changes */
  constructor(queue: HeldQueue, onChange: (held: number) => void = () => {}) {
    this.#queue = queue;
    this.#onChange = onChange;
    const interval = Math.max(100, (this.visibilitySeconds * 1000 * extendAfter) / 2);
    this.#timer = setInterval(() => this.#extendDue(), Math.min(interval, 2 ** 30));
    this.#timer.unref();
  }

  get visibilitySeconds(): number {
    return this.#queue.visibilitySeconds;
  }

  get count(): number {
    return this.#held.size;
  }

  /** How often a message that is held was delivered. */
  attemptOf(receipt: string): number {
    return this.#held.get(receipt)?.attempt ?? 1;
  }

  /** Resolves once a message is held no longer. */
  released(receipt: string): Promise<void> {
    const held = this.#held.get(receipt);
    if (held === undefined) return Promise.resolve();
    return new Promise((resolve) => {
      held.released = resolve;
    });
  }

  async receive(options: Parameters<HeldQueue['receive']>[0]): Promise<Delivery<CropEnvelope>[]> {
    const receiving = this.#receive(options);
    this.#receiving.add(receiving);
    try {
      return await receiving;
    } finally {
      this.#receiving.delete(receiving);
    }
  }

  async #receive(options: Parameters<HeldQueue['receive']>[0]): Promise<Delivery<CropEnvelope>[]> {
    // Counted from before the request: what it brings was hidden while it was under way.
    const asked = performance.now();
    const deliveries = await this.#queue.receive(options);
    if (this.#closed) {
      // It was under way when everything else was given back.
      await this.#queue.setVisibility(
        deliveries.map(({ receipt }) => receipt),
        0,
      );
      return [];
    }
    const since = Math.max(asked, performance.now() - 1000);
    for (const { receipt, attempt } of deliveries) this.#held.set(receipt, { attempt, since });
    if (deliveries.length > 0) this.#onChange(this.count);
    return deliveries;
  }

  /** Those that could not be deleted are held no longer: their rows are durable, and another delivery changes nothing. */
  async acknowledge(receipts: readonly string[]) {
    const refused = await this.#queue.acknowledge(receipts);
    this.#letGo(receipts);
    return refused;
  }

  async setVisibility(receipts: readonly string[], seconds: number) {
    // Let go first, or an extension might come after it.
    this.#letGo(receipts);
    const extending = new Set(receipts.flatMap((receipt) => this.#extending.get(receipt) ?? []));
    if (extending.size > 0) await within(extensionMs, Promise.all(extending));
    return this.#queue.setVisibility(receipts, seconds);
  }

  /**
   * Stops extending, and gives everything that is held back at once, and what receives under way bring soon. Takes a few
   * seconds at most; what could not be given back by then comes back by itself.
   */
  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#timer);
    const received = within(receiveMs, Promise.allSettled(this.#receiving));
    const givenBack = this.setVisibility([...this.#held.keys()], 0).catch(() => {});
    await within(closeMs, Promise.all([received, givenBack]));
  }

  #extendDue(): void {
    const due = performance.now() - this.visibilitySeconds * 1000 * extendAfter;
    const receipts = [...this.#held]
      .filter(([receipt, { since }]) => since <= due && !this.#extending.has(receipt))
      .map(([receipt]) => receipt);
    for (let start = 0; start < receipts.length; start += sqsLimits.entries) {
      const chunk = receipts.slice(start, start + sqsLimits.entries);
      const extending = this.#extend(chunk).finally(() => {
        for (const receipt of chunk) this.#extending.delete(receipt);
      });
      for (const receipt of chunk) this.#extending.set(receipt, extending);
    }
  }

  async #extend(receipts: readonly string[]): Promise<void> {
    const asked = performance.now();
    // A queue that cannot be reached now is asked again at the next turn.
    const refused = await this.#queue.setVisibility(receipts, this.visibilitySeconds).catch(() => undefined);
    if (refused === undefined) return;
    // What was refused is asked for again at the next turn; should it be somebody else's by now, that changes nothing.
    const open = new Set(refused.map(({ index }) => index));
    for (const [index, receipt] of receipts.entries()) {
      const held = this.#held.get(receipt);
      if (held !== undefined && !open.has(index)) held.since = asked;
    }
  }

  #letGo(receipts: readonly string[]): void {
    for (const receipt of receipts) {
      this.#held.get(receipt)?.released?.();
      this.#held.delete(receipt);
    }
    if (receipts.length > 0) this.#onChange(this.count);
  }
}

/** Waits for some work, but no longer than so many milliseconds. */
async function within(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work, over]).finally(() => clearTimeout(timer));
}
