import { randomUUID } from 'node:crypto';
import { crc32 } from 'node:zlib';
import {
  partKey,
  regionPartKey,
  regionsPrefix,
  resultsPrefix,
  type StoreLocation,
  underPrefix,
  writeProbeKey,
} from '../stores/keys.ts';
import type { ListedObject, ObjectStore } from '../stores/ports.ts';
import { encodeRows } from './parquet.ts';
import { encodeRegionRows, regionRowsOf } from './region-rows.ts';
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

  /**
   * Writes the rows as one or more parts; resolves once all are durable. The embeddings of their regions are written first,
   * so that no reader finds a row without them.
   */
  async append(rows: readonly ResultRow[]): Promise<void> {
    for (const slice of this.#slices(rows)) {
      for (const regions of this.#slices(regionRowsOf(slice)))
        await this.#write(encodeRegionRows(regions), regionPartKey);
      await this.#write(encodeRows(slice), partKey);
    }
  }

  *#slices<T>(rows: readonly T[]): Generator<readonly T[]> {
    for (let start = 0; start < rows.length; start += this.#rowsPerPart)
      yield rows.slice(start, start + this.#rowsPerPart);
  }

  async #write(bytes: Uint8Array, keyOf: typeof partKey): Promise<void> {
    const key = underPrefix(this.#location.prefix, keyOf(this.#now(), this.#uniqueId(), crc32(bytes)));
    await this.#store.write({ bucket: this.#location.bucket, key }, bytes);
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
export function listParts(store: ObjectStore, location: StoreLocation): AsyncIterable<ListedObject> {
  return listParquet(store, location, resultsPrefix);
}

/** Lists all parts with embeddings of regions. */
export function listRegionParts(store: ObjectStore, location: StoreLocation): AsyncIterable<ListedObject> {
  return listParquet(store, location, regionsPrefix);
}

async function* listParquet(
  store: ObjectStore,
  { bucket, prefix }: StoreLocation,
  below: string,
): AsyncIterable<ListedObject> {
  for await (const object of store.list(bucket, underPrefix(prefix, below))) {
    if (object.key.endsWith('.parquet')) yield object;
  }
}
