import { createHash } from 'node:crypto';
import { Failure } from '../../shared/failures/failure.ts';
import type { ListedObject, ObjectAddress, ObjectStore, StoredObject } from '../../shared/stores/ports.ts';

/** Objects in memory, for tests with thousands of objects. */
export class MemoryStore implements ObjectStore {
  readonly #objects = new Map<string, Uint8Array>();

  async *list(): AsyncGenerator<ListedObject> {
    yield* [];
    throw new Error('this store cannot be listed');
  }

  async read(address: ObjectAddress, { maxBytes }: { maxBytes: number }): Promise<StoredObject> {
    const bytes = this.#objects.get(address.key);
    if (bytes === undefined) throw new Failure('object_gone', 'the object does not exist');
    if (bytes.length > maxBytes) throw new Failure('too_large', 'the object is too large');
    return { bytes, etag: createHash('md5').update(bytes).digest('hex') };
  }

  async readRange(): Promise<never> {
    throw new Error('this store cannot read ranges');
  }

  async write({ key }: ObjectAddress, bytes: Uint8Array): Promise<void> {
    this.#objects.set(key, bytes);
  }

  async create({ key }: ObjectAddress, bytes: Uint8Array): Promise<boolean> {
    if (this.#objects.has(key)) return false;
    this.#objects.set(key, bytes);
    return true;
  }

  async remove({ key }: ObjectAddress): Promise<void> {
    this.#objects.delete(key);
  }
}
