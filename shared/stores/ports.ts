import type { Failure } from '../failures/failure.ts';

/** A bucket and a key, and a version if the bucket keeps versions. */
export interface ObjectAddress {
  readonly bucket: string;
  readonly key: string;
  readonly versionId?: string | undefined;
}

/** An object of a listing, without its bytes. */
export interface ListedObject extends ObjectAddress {
  /** Opaque tag that changes whenever the content changes; without quotation marks. */
  readonly etag: string;
  /** Bytes. */
  readonly size: number;
  readonly modified: Date;
}

export interface StoredObject {
  readonly bytes: Uint8Array;
  readonly etag: string;
  readonly versionId?: string | undefined;
  /** Whether nobody else reads `bytes`, so that the receiver may free them. @default false */
  readonly isOwned?: boolean;
}

export interface ByteRange {
  /** Bytes from the start of the object. */
  readonly offset: number;
  /** At least 1. */
  readonly length: number;
}

/**
 * Why a name of a listing is no image: it is hidden; an empty object stands for a folder; or the pipeline wrote it to a store.
 * A hidden folder, or the folder of a store, is one name.
 */
export type SkippedName = 'hidden' | 'folder marker' | 'store';

/** Objects with keys: in S3, or in a folder. */
export interface ObjectStore {
  /**
   * Every object under a prefix, in key order within a page; hidden files and the store's own output excluded.
   * @param onSkip called for each name that is excluded
   */
  list(bucket: string, prefix: string, onSkip?: (why: SkippedName) => void): AsyncIterable<ListedObject>;
  /**
   * The whole object.
   * @throws {Failure} `object_gone`, `too_large` (before reading more than `maxBytes`), `unreadable` or a transient one
   */
  read(address: ObjectAddress, options: { maxBytes: number }): Promise<StoredObject>;
  /**
   * The bytes of a range. Fewer if the object ends within the range, none if it ends before.
   * @throws {Failure} `object_gone`, `unreadable` or a transient one, also if the response ends early
   */
  readRange(address: ObjectAddress, range: ByteRange): Promise<Uint8Array>;
  /** Writes an object atomically; resolves once it is durable. */
  write(address: ObjectAddress, bytes: Uint8Array): Promise<void>;
  /**
   * Writes an object unless its key exists; of several writers at the same moment, one does. A service that does not know
   * conditional requests replaces the object.
   * @returns whether the object was written
   */
  create(address: ObjectAddress, bytes: Uint8Array): Promise<boolean>;
  /** Deletes an object; a missing one is not an error. */
  remove(address: ObjectAddress): Promise<void>;
}

/** One delivery of a message. `body` is a Failure if the message could not be decoded. */
export interface Delivery<T> {
  /** Identifies this delivery, to acknowledge or return it; each delivery of a message has a different one. */
  readonly receipt: string;
  /** Deliveries of the message so far, including this one; 1 at first. */
  readonly attempt: number;
  readonly body: T | Failure;
}

/** An entry that was not accepted, by its index in the call. */
export interface RefusedEntry {
  readonly index: number;
  readonly failure: Failure;
}

/** A queue with the semantics of SQS: delivery at least once, a visibility timeout, a receive count, dead letters. */
export interface Queue<T> {
  /** Deliveries after which an unacknowledged message becomes a dead letter. */
  readonly maxAttempts: number;
  /** Seconds for which a delivered message stays hidden before it is delivered again, unless `setVisibility` is called. */
  readonly visibilitySeconds: number;
  /** Sends any number of messages; resolves with the refused ones, in order. */
  send(bodies: readonly T[]): Promise<RefusedEntry[]>;
  /**
   * Receives up to `max` messages (at most 10), waiting up to `waitSeconds` for the first. An abort ends the wait as soon
   * as no delivered message can be lost by it.
   */
  receive(options: { max: number; waitSeconds: number; signal?: AbortSignal }): Promise<Delivery<T>[]>;
  /** Deletes messages; resolves with those for which that failed. */
  acknowledge(receipts: readonly string[]): Promise<RefusedEntry[]>;
  /** Hides messages for `seconds` from now; 0 makes them visible at once. Resolves with those for which that failed. */
  setVisibility(receipts: readonly string[], seconds: number): Promise<RefusedEntry[]>;
  /** Numbers of visible and of hidden messages; approximate for SQS. */
  depth(): Promise<{ visible: number; inFlight: number }>;
}
