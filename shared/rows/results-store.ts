import { randomUUID } from 'node:crypto';
import { partKey, resultsPrefix, type StoreLocation, underPrefix, writeProbeKey } from '../stores/keys.ts';
import type { ListedObject, ObjectStore, ResultsWriter } from '../stores/ports.ts';
import { encodeRows } from './parquet.ts';
import type { ResultRow } from './row.ts';

export interface ResultsStoreOptions {
  /** Rows of one part at most; 8192 by default: about 30 MB with embeddings of 1024 numbers. */
  readonly rowsPerPart?: number;
  readonly now?: () => Date;
  /** What no other writer ever returns; a random UUID by default. */
  readonly uniqueId?: () => string;
}

/** Result rows as immutable Parquet parts. Any number of writers share a place, without coordination. */
export class ResultsStore implements ResultsWriter {
  readonly #store: ObjectStore;
  readonly #location: StoreLocation;
  readonly #rowsPerPart: number;
  readonly #now: () => Date;
  readonly #uniqueId: () => string;

  constructor(store: ObjectStore, location: StoreLocation, options: ResultsStoreOptions = {}) {
    this.#store = store;
    this.#location = location;
    this.#rowsPerPart = options.rowsPerPart ?? 8192;
    this.#now = options.now ?? (() => new Date());
    this.#uniqueId = options.uniqueId ?? randomUUID;
  }

  /** Writes the rows as one part, or as several where they are many; resolves once all are durable. */
  async append(rows: readonly ResultRow[]): Promise<void> {
    for (let start = 0; start < rows.length; start += this.#rowsPerPart) {
      const bytes = encodeRows(rows.slice(start, start + this.#rowsPerPart));
      const key = underPrefix(this.#location.prefix, partKey(this.#now(), this.#uniqueId()));
      await this.#store.write({ bucket: this.#location.bucket, key }, bytes);
    }
  }

  /**
   * Writes an object of no importance, always the same.
   * @throws {Failure} when parts could not be written either
   */
  async checkWritable(): Promise<void> {
    const key = underPrefix(this.#location.prefix, writeProbeKey);
    await this.#store.write({ bucket: this.#location.bucket, key }, new Uint8Array());
  }

  /** Every part there is now. */
  parts(): AsyncIterable<ListedObject> {
    return listParts(this.#store, this.#location);
  }
}

/** Every part below a location. */
export async function* listParts(store: ObjectStore, location: StoreLocation): AsyncIterable<ListedObject> {
  const { bucket, prefix } = location;
  for await (const object of store.list(bucket, underPrefix(prefix, resultsPrefix))) {
    if (object.key.endsWith('.parquet')) yield object;
  }
}
