import { randomUUID } from 'node:crypto';
import pMap from 'p-map';
import { Failure } from '../failures/failure.ts';
import { packKey, type StoreLocation, underPrefix } from '../stores/keys.ts';
import type { Delivery, ObjectStore, Queue, RefusedEntry } from '../stores/ports.ts';
import type { CropEnvelope, PackedSlice } from './crop-envelope.ts';
import type { CropMessage } from './crop-message.ts';
import { packedEnvelope } from './packed-envelope.ts';
import { planSend, type SendPlan } from './plan-send.ts';
import { resolveCrops } from './resolve-crops.ts';
import type { Transport } from './transport.ts';
import { writePack } from './write-pack.ts';

/** How crops are sent. Packs need a location, see `packKey`. */
export type TransportOptions =
  | { readonly transport: 'inline'; readonly location?: StoreLocation }
  | { readonly transport: Transport; readonly location: StoreLocation };

export interface CropsQueueOptions {
  readonly now?: () => Date;
  /** Returns a text that no other sender uses. @default a random UUID */
  readonly uniqueId?: () => string;
}

/** Packs that are written at the same time; each is held in memory until it is written. */
const writeConcurrency = 2;

/**
 * A queue of crops whose pixels are sent in the messages or in packs that the messages point to. In both cases they are
 * received with their pixels, or with a `fault` if these could not be read.
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

  /** The envelopes and the store of the packs, for a reader that needs a message before its pixels are read. */
  get unresolved(): { readonly crops: Queue<CropEnvelope>; readonly objects: Pick<ObjectStore, 'readRange'> } {
    return { crops: this.#envelopes, objects: this.#objects };
  }

  /** If a pack cannot be written, all its images are refused. */
  async send(messages: readonly CropMessage[]): Promise<RefusedEntry[]> {
    const { inline, packs } = planSend(messages, this.#transportOptions.transport);
    const prepared = [
      ...inline.map(({ index, message }) => ({ index, envelope: message })),
      ...(await this.#packed(packs)),
    ].sort((a, b) => a.index - b.index);
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

  /** Writes packs. @returns a pointer for each message, or the failure of one of the packs that hold its chunks */
  async #packed(packs: SendPlan['packs']): Promise<{ index: number; envelope: CropEnvelope | Failure }[]> {
    const written = await pMap(packs, (pack) => this.#write(pack.map(({ pixels }) => pixels)).catch(Failure.from), {
      concurrency: writeConcurrency,
    });
    const byMessage = new Map<number, { message: CropMessage; slices: PackedSlice[]; failure?: Failure }>();
    for (const [number, pack] of packs.entries()) {
      const slices = written[number] ?? [];
      for (const [position, { index, message }] of pack.entries()) {
        const sent = byMessage.get(index) ?? { message, slices: [] };
        byMessage.set(index, sent);
        const slice = slices instanceof Failure ? slices : slices[position];
        if (slice instanceof Failure) sent.failure = slice;
        else if (slice !== undefined) sent.slices.push(slice);
      }
    }
    return Array.from(byMessage, ([index, { message, slices, failure }]) => ({
      index,
      envelope: failure ?? packedEnvelope(message, slices),
    }));
  }

  async #write(chunks: readonly Uint8Array[]): Promise<PackedSlice[]> {
    const { location } = this.#transportOptions;
    if (location === undefined) throw new Failure('internal', 'no location for packs');
    const { bucket, prefix } = location;
    const key = underPrefix(prefix, packKey(this.#now(), this.#uniqueId()));
    return writePack(chunks, this.#objects, { bucket, key });
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
