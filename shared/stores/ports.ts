import type { Failure } from '../failures/failure.ts';
import type { ResultRow } from '../rows/row.ts';

/** Where an object is: a bucket and a key, and a version where the bucket keeps versions. */
export interface ObjectAddress {
  readonly bucket: string;
  readonly key: string;
  readonly versionId?: string | undefined;
}

/** An object as a listing shows it, without its bytes. */
export interface ListedObject extends ObjectAddress {
  /** Opaque tag that changes whenever the content does; without quotation marks. */
  readonly etag: string;
  /** Bytes. */
  readonly size: number;
  readonly modified: Date;
}

export interface StoredObject {
  readonly bytes: Uint8Array;
  readonly etag: string;
  readonly versionId?: string | undefined;
}

export interface ByteRange {
  /** Bytes from the beginning of the object. */
  readonly offset: number;
  /** At least 1. */
  readonly length: number;
}

/** A place that keeps objects under keys: S3, or a folder. */
export interface ObjectStore {
  /** Every object under a prefix, in key order within a page; hidden files and the store's own output excluded. */
  list(bucket: string, prefix: string): AsyncIterable<ListedObject>;
  /**
   * The whole object.
   * @throws {Failure} `object_gone`, `too_large` (before reading more than `maxBytes`), `unreadable`, or a passing one.
   */
  read(address: ObjectAddress, options: { maxBytes: number }): Promise<StoredObject>;
  /**
   * Some bytes of an object: those of the range that it has, so fewer than asked for where it ends within the range, and
   * none where it ends before.
   * @throws {Failure} `object_gone`, `unreadable`, or a passing one, also when the answer breaks off.
   */
  readRange(address: ObjectAddress, range: ByteRange): Promise<Uint8Array>;
  /** Writes an object whole or not at all; resolves once it is durable. */
  write(address: ObjectAddress, bytes: Uint8Array): Promise<void>;
  /** Takes an object away; one that is not there is no fault. */
  remove(address: ObjectAddress): Promise<void>;
}

/** One delivery of one message. `body` is a Failure when the message could not be decoded. */
export interface Delivery<T> {
  /** Names this delivery to acknowledge or return it; not the same across deliveries of a message. */
  readonly receipt: string;
  /** How often the message has been delivered, this time included; 1 at first. */
  readonly attempt: number;
  readonly body: T | Failure;
}

/** An entry that was not taken, by its place in what was given. */
export interface RefusedEntry {
  readonly index: number;
  readonly failure: Failure;
}

/** A queue with SQS's semantics: at least once, a visibility timeout, a receive count, dead letters. */
export interface Queue<T> {
  /** Deliveries after which an unacknowledged message becomes a dead letter. */
  readonly maxAttempts: number;
  /** For which a delivered message stays hidden before it is delivered again, unless that is changed. */
  readonly visibilitySeconds: number;
  /** Sends any number of messages; resolves with those that were refused, in order. */
  send(bodies: readonly T[]): Promise<RefusedEntry[]>;
  /**
   * Up to `max` messages (at most 10), waiting up to `waitSeconds` for the first. Aborting ends the wait, as soon as
   * that can be done without losing what was already given to it.
   */
  receive(options: { max: number; waitSeconds: number; signal?: AbortSignal }): Promise<Delivery<T>[]>;
  /** Deletes messages for good; resolves with those for which that failed. */
  acknowledge(receipts: readonly string[]): Promise<RefusedEntry[]>;
  /** Hides messages for `seconds` from now; 0 gives them back at once. */
  setVisibility(receipts: readonly string[], seconds: number): Promise<RefusedEntry[]>;
  /** Messages that wait, and messages that are held; approximate where the queue is distributed. */
  depth(): Promise<{ visible: number; inFlight: number }>;
}

/** Where result rows go. */
export interface ResultsWriter {
  /** Resolves once every row is durable. */
  append(rows: readonly ResultRow[]): Promise<void>;
}
