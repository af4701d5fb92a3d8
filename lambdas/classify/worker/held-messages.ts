import type { CropEnvelope } from '../../../shared/crops/crop-envelope.ts';
import { settledWithin } from '../../../shared/flow/settled-within.ts';
import type { Delivery } from '../../../shared/stores/ports.ts';
import { VisibilityKeeper } from '../../../shared/stores/visibility-keeper.ts';
import type { WorkerPorts } from '../ports.ts';

type HeldQueue = WorkerPorts['crops'];

/** How long `close` waits for receives that are running, milliseconds: the SQS queue checks for an abort as often. */
const maxReceiveMs = 2_000;
/** How long `close` takes at most, milliseconds: a process that is about to be killed has little more. */
const maxCloseMs = 4_000;

interface Held {
  readonly attempt: number;
  /** Called once it is no longer held. */
  released?: () => void;
}

/**
 * A queue whose messages stay hidden from other receivers while they are held here: from their delivery until they are
 * acknowledged or returned.
 */
export class HeldMessages implements HeldQueue {
  readonly #queue: HeldQueue;
  readonly #keeper: VisibilityKeeper;
  readonly #onChange: (held: number) => void;
  /** By receipt. */
  readonly #held = new Map<string, Held>();
  readonly #receiving = new Set<Promise<unknown>>();
  #closed = false;

  /** @param onChange is called with the number of held messages whenever it changes */
  constructor(queue: HeldQueue, onChange: (held: number) => void = () => {}) {
    this.#queue = queue;
    this.#keeper = new VisibilityKeeper(queue);
    this.#onChange = onChange;
  }

  get visibilitySeconds(): number {
    return this.#queue.visibilitySeconds;
  }

  get count(): number {
    return this.#held.size;
  }

  /** How often a held message was delivered. */
  attemptOf(receipt: string): number {
    return this.#held.get(receipt)?.attempt ?? 1;
  }

  /** Resolves once a message is no longer held. */
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
    const started = performance.now();
    const deliveries = await this.#queue.receive(options);
    const receipts = deliveries.map(({ receipt }) => receipt);
    if (this.#closed) {
      // The receive was still running when everything else was returned.
      await this.#queue.setVisibility(receipts, 0);
      return [];
    }
    // The messages were hidden before the response came, though not for as long as the queue waited for the first one.
    this.#keeper.hold(receipts, Math.max(started, performance.now() - 1000));
    for (const { receipt, attempt } of deliveries) this.#held.set(receipt, { attempt });
    if (deliveries.length > 0) this.#onChange(this.count);
    return deliveries;
  }

  /** Messages that could not be deleted are released too: their rows are durable, so another delivery changes nothing. */
  async acknowledge(receipts: readonly string[]) {
    const refused = await this.#queue.acknowledge(receipts);
    this.#keeper.release(receipts);
    this.#forget(receipts);
    return refused;
  }

  setVisibility(receipts: readonly string[], seconds: number) {
    this.#forget(receipts);
    return this.#keeper.setVisibility(receipts, seconds);
  }

  /**
   * Stops extending, and returns at once all held messages and those that running receives deliver soon. Takes a few
   * seconds at most; a message that could not be returned in that time reappears when its visibility ends.
   */
  async close(): Promise<void> {
    this.#closed = true;
    const received = settledWithin(maxReceiveMs, [...this.#receiving]);
    const givenBack = this.setVisibility([...this.#held.keys()], 0);
    this.#keeper.close();
    await settledWithin(maxCloseMs, [received, givenBack]);
  }

  #forget(receipts: readonly string[]): void {
    for (const receipt of receipts) {
      this.#held.get(receipt)?.released?.();
      this.#held.delete(receipt);
    }
    if (receipts.length > 0) this.#onChange(this.count);
  }
}
