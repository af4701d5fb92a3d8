import { randomUUID } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { partKey, resultsPrefix, type StoreLocation, underPrefix, writeProbeKey } from '../stores/keys.ts';
import type { ListedObject, ObjectStore } from '../stores/ports.ts';
import { encodeRows } from './parquet.ts';
import type { ResultsWriter } from './results-writer.ts';
import type { ResultRow } from './row.ts';

export interface ResultsStoreOptions {
  /** Maximum rows in a part. @default 8192: about 30 MB with embeddings of 1024 numbers */
  readonly rowsPerPart?: number;
  readonly now?: () => Date;
  /** Must be unique among all writers. @default a random UUID */
  readonly uniqueId?: () => string;
}

/** Writes result rows as immutable Parquet parts. Any number of writers share a store without coordination. */
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

  /** Writes the rows as one or more parts; resolves once all are durable. */
  async append(rows: readonly ResultRow[]): Promise<void> {
    for (let start = 0; start < rows.length; start += this.#rowsPerPart) {
      const bytes = encodeRows(rows.slice(start, start + this.#rowsPerPart));
      const key = underPrefix(this.#location.prefix, partKey(this.#now(), this.#uniqueId(), crc32(bytes)));
      await this.#store.write({ bucket: this.#location.bucket, key }, bytes);
    }
  }

  /**
   * Checks by a probe object that parts can be written.
   * @throws {Failure} if they cannot
   */
  async checkWritable(): Promise<void> {
    const key = underPrefix(this.#location.prefix, writeProbeKey);
    await this.#store.write({ bucket: this.#location.bucket, key }, new Uint8Array());
  }

  /** Lists all parts. */
  parts(): AsyncIterable<ListedObject> {
    return listParts(this.#store, this.#location);
  }
}

/** Lists all parts of a store. */
export async function* listParts(store: ObjectStore, location: StoreLocation): AsyncIterable<ListedObject> {
  const { bucket, prefix } = location;
  for await (const object of store.list(bucket, underPrefix(prefix, resultsPrefix))) {
    if (object.key.endsWith('.parquet')) yield object;
  }
}
