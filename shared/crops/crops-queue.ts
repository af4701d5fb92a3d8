import { randomUUID } from 'node:crypto';
import pMap from 'p-map';
import { Failure } from '../failures/failure.ts';
import { packKey, type StoreLocation, underPrefix } from '../stores/keys.ts';
import type { Delivery, ObjectStore, Queue, RefusedEntry } from '../stores/ports.ts';
import type { CropEnvelope } from './crop-envelope.ts';
import type { CropMessage } from './crop-message.ts';
import { type Outgoing, planSend } from './plan-send.ts';
import { resolveCrops } from './resolve-crops.ts';
import type { Transport } from './transport.ts';
import { writePack } from './write-pack.ts';

/** How crops are sent: other than inline, they need a place, see `packKey`. */
export type TransportOptions =
  | { readonly transport: 'inline'; readonly location?: StoreLocation }
  | { readonly transport: Transport; readonly location: StoreLocation };

export interface CropsQueueOptions {
  readonly now?: () => Date;
  /** What no other sender ever returns; a random UUID by default. */
  readonly uniqueId?: () => string;
}

/** Objects that are written at the same time; each is held in memory as long. */
const writers = 2;

/**
 * Crops through a queue of envelopes, in the messages or in objects that these point to. Whatever way they were sent,
 * they are received alike: with their pixels, or with the `fault` that says why these cannot be had.
 */
export class CropsQueue implements Queue<CropMessage> {
  readonly #envelopes: Queue<CropEnvelope>;
  readonly #objects: Pick<ObjectStore, 'write' | 'readRange'>;
  readonly #transportOptions: TransportOptions;
  readonly #now: () => Date;
  readonly #uniqueId: () => string;

  constructor(
    envelopes: Queue<CropEnvelope>,
    objects: Pick<ObjectStore, 'write' | 'readRange'>,
    transportOptions: TransportOptions,
    options: CropsQueueOptions = {},
  ) {
    this.#envelopes = envelopes;
    this.#objects = objects;
    this.#transportOptions = transportOptions;
    this.#now = options.now ?? (() => new Date());
    this.#uniqueId = options.uniqueId ?? randomUUID;
  }

  get maxAttempts(): number {
    return this.#envelopes.maxAttempts;
  }

  get visibilitySeconds(): number {
    return this.#envelopes.visibilitySeconds;
  }

  /** The messages as they are, and where the pixels lie: for one who has to know of a message before these are read. */
  get unresolved(): { readonly crops: Queue<CropEnvelope>; readonly objects: Pick<ObjectStore, 'readRange'> } {
    return { crops: this.#envelopes, objects: this.#objects };
  }

  /** As the port says. An object that cannot be written refuses every image in it. */
  async send(messages: readonly CropMessage[]): Promise<RefusedEntry[]> {
    const { inline, packs } = planSend(messages, this.#transportOptions.transport);
    const written = await pMap(packs, (pack) => this.#pack(pack), { concurrency: writers });
    const prepared = [...inline.map(({ index, message }) => ({ index, envelope: message })), ...written.flat()].sort(
      (a, b) => a.index - b.index,
    );
    const refused: RefusedEntry[] = [];
    const sendable: { readonly index: number; readonly envelope: CropEnvelope }[] = [];
    for (const { index, envelope } of prepared) {
      if (envelope instanceof Failure) refused.push({ index, failure: envelope });
      else sendable.push({ index, envelope });
    }
    for (const { index, failure } of await this.#envelopes.send(sendable.map(({ envelope }) => envelope))) {
      const entry = sendable[index];
      if (entry) refused.push({ index: entry.index, failure });
    }
    return refused.sort((a, b) => a.index - b.index);
  }

  async #pack(pack: readonly Outgoing[]): Promise<{ index: number; envelope: CropEnvelope | Failure }[]> {
    const messages = pack.map(({ message }) => message);
    const envelopes = await this.#write(messages).catch(Failure.from);
    const missing = new Failure('internal', 'packing gave no outcome for these crops');
    return pack.map(({ index }, position) => ({
      index,
      envelope: envelopes instanceof Failure ? envelopes : (envelopes[position] ?? missing),
    }));
  }

  async #write(messages: readonly CropMessage[]): Promise<CropEnvelope[]> {
    const { location } = this.#transportOptions;
    if (location === undefined) throw new Failure('internal', 'no location for packed crops');
    const { bucket, prefix } = location;
    const key = underPrefix(prefix, packKey(this.#now(), this.#uniqueId()));
    return writePack(messages, this.#objects, { bucket, key });
  }

  async receive(options: Parameters<Queue<CropMessage>['receive']>[0]): Promise<Delivery<CropMessage>[]> {
    return resolveCrops(await this.#envelopes.receive(options), this.#objects);
  }

  acknowledge(receipts: readonly string[]): Promise<RefusedEntry[]> {
    return this.#envelopes.acknowledge(receipts);
  }

  setVisibility(receipts: readonly string[], seconds: number): Promise<RefusedEntry[]> {
    return this.#envelopes.setVisibility(receipts, seconds);
  }

  depth(): Promise<{ visible: number; inFlight: number }> {
    return this.#envelopes.depth();
  }
}
