import type { CropMessage } from '../../shared/crops/crop-message.ts';
import type { Delivery, Queue } from '../../shared/ports.ts';

type HeldQueue = Pick<Queue<CropMessage>, 'receive' | 'acknowledge' | 'setVisibility' | 'visibilitySeconds'>;

/** Share of the visibility after which it is extended: early enough for a second try should the first fail. */
const extendAfter = 0.4;

/**
 * A queue whose messages stay hidden from others for as long as they are held here: from their delivery until they are
 * acknowledged or given back.
 */
export class HeldMessages implements HeldQueue {
  readonly #queue: HeldQueue;
  readonly #onChange: (held: number) => void;
  /** When each was received or extended last, milliseconds. */
  readonly #since = new Map<string, number>();
  readonly #timer: NodeJS.Timeout;
  #extending = Promise.resolve();
  #closed = false;

  /** @param onChange is told how many are held whenever that changes */
  constructor(queue: HeldQueue, onChange: (held: number) => void = () => {}) {
    this.#queue = queue;
    this.#onChange = onChange;
    const interval = Math.max(100, (this.visibilitySeconds * 1000 * extendAfter) / 2);
    this.#timer = setInterval(
      () => {
        this.#extending = this.#extending.then(() => this.#extend());
      },
      Math.min(interval, 2 ** 30),
    );
    this.#timer.unref();
  }

  get visibilitySeconds(): number {
    return this.#queue.visibilitySeconds;
  }

  get count(): number {
    return this.#since.size;
  }

  async receive(options: Parameters<HeldQueue['receive']>[0]): Promise<Delivery<CropMessage>[]> {
    // Counted from before the request: what it brings was hidden while it was under way.
    const asked = Date.now();
    const deliveries = await this.#queue.receive(options);
    if (this.#closed) {
      // It was under way when everything else was given back.
      await this.#queue.setVisibility(receiptsOf(deliveries), 0);
      return [];
    }
    for (const { receipt } of deliveries) this.#since.set(receipt, Math.max(asked, Date.now() - 1000));
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
    await this.#extending;
    return this.#queue.setVisibility(receipts, seconds);
  }

  /** Stops extending, and gives everything that is held back at once. */
  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#timer);
    await this.setVisibility([...this.#since.keys()], 0);
  }

  async #extend(): Promise<void> {
    const due = Date.now() - this.visibilitySeconds * 1000 * extendAfter;
    const receipts = [...this.#since].filter(([, since]) => since <= due).map(([receipt]) => receipt);
    if (receipts.length === 0) return;
    const asked = Date.now();
    // A queue that cannot be reached now is asked again at the next turn.
    const refused = await this.#queue.setVisibility(receipts, this.visibilitySeconds).catch(() => undefined);
    if (refused === undefined) return;
    // What was refused is asked for again at the next turn; should it be somebody else's by now, that changes nothing.
    const open = new Set(refused.map(({ index }) => index));
    for (const [index, receipt] of receipts.entries()) {
      if (!open.has(index) && this.#since.has(receipt)) this.#since.set(receipt, asked);
    }
  }

  #letGo(receipts: readonly string[]): void {
    for (const receipt of receipts) this.#since.delete(receipt);
    if (receipts.length > 0) this.#onChange(this.count);
  }
}

function receiptsOf(deliveries: readonly Delivery<unknown>[]): string[] {
  return deliveries.map(({ receipt }) => receipt);
}
