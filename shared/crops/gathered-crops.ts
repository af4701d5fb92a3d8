import { Failure } from '../failures/failure.ts';
import type { Queue } from '../stores/ports.ts';
import { type CropMessage, pixelBytes } from './crop-message.ts';
import type { PackLimits } from './split-into-packs.ts';

export interface GatheredCropsOptions {
  /** The first message of a group waits this long at most for others, milliseconds. */
  readonly maxWaitMs: number;
  /** A group that reaches a limit is sent at once. */
  readonly limits: PackLimits;
}

interface Waiting {
  readonly message: CropMessage;
  readonly settle: (refusal: Failure | undefined) => void;
}

/** Groups that are sent at the same time: one more fills meanwhile. */
const maxSending = 2;

/**
 * Sends crops in groups as large as a pack. A group is sent when it is full, when its first message has waited long enough,
 * or when `flush` is called, so that what is ready never waits for an image that takes long.
 */
export class GatheredCrops {
  readonly #send: Queue<CropMessage>['send'];
  readonly #maxWaitMs: number;
  readonly #limits: PackLimits;
  readonly #sending = new Set<Promise<void>>();
  #group: Waiting[] = [];
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @param send sends a group, see `Queue` */
  constructor(send: Queue<CropMessage>['send'], { maxWaitMs, limits }: GatheredCropsOptions) {
    this.#send = send;
    this.#maxWaitMs = maxWaitMs;
    this.#limits = limits;
  }

  /** Adds a message to a group. @returns once it is sent, the failure if it was refused */
  add(message: CropMessage): Promise<Failure | undefined> {
    const bytes = pixelBytes(message);
    if (this.#bytes + bytes > this.#limits.bytes) this.flush();
    return new Promise((settle) => {
      this.#group.push({ message, settle });
      this.#bytes += bytes;
      if (this.#group.length >= this.#limits.images || this.#bytes >= this.#limits.bytes) this.flush();
      else this.#timer ??= setTimeout(() => this.flush(), this.#maxWaitMs);
    });
  }

  /** Sends what waits, without waiting for more. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#group.length === 0) return;
    const group = this.#group;
    [this.#group, this.#bytes] = [[], 0];
    const sending = this.#sendGroup(group).finally(() => this.#sending.delete(sending));
    this.#sending.add(sending);
  }

  /** Waits while groups are sent that fill the memory for crops. */
  async room(): Promise<void> {
    while (this.#sending.size >= maxSending) await Promise.race(this.#sending);
  }

  async #sendGroup(group: readonly Waiting[]): Promise<void> {
    const refused = await this.#send(group.map(({ message }) => message)).catch((error: unknown) => {
      const failure = Failure.from(error);
      return group.map((_, index) => ({ index, failure }));
    });
    const failures = new Map(refused.map(({ index, failure }) => [index, failure]));
    for (const [index, { settle }] of group.entries()) settle(failures.get(index));
  }
}
