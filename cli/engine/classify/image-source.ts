import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Failure } from '../../../shared/failures/failure.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import { escapeName } from '../../../shared/stores/local/file-name.ts';
import { FolderStore } from '../../../shared/stores/local/folder-store.ts';
import type { ListedObject, ObjectStore } from '../../../shared/stores/ports.ts';
import type { ImageInput } from './image-input.ts';
import { streamReader } from './read-stream.ts';

/** An image that can be read. */
export interface ImageSource {
  readonly name: string;
  /** Bytes, or an estimate: how much of the memory for files the image takes. */
  readonly size: number;
  /** @throws {Failure} */
  read(maxBytes: number): Promise<Uint8Array>;
  /** Called once if the image is not needed any more. */
  readonly cancel?: () => void;
}

/** Larger streams are read too; only the number of streams that are read at the same time follows from this. */
const expectedStreamBytes = 16 * 2 ** 20;

const files = new FolderStore();

/** An image to classify as a source. What cannot be read fails when it is read, so that it is rejected with the reason. */
export async function sourceOf(input: ImageInput | ImageSource): Promise<ImageSource> {
  if (typeof input === 'string') return fileSource(input);
  if (input instanceof URL) return urlSource(input);
  if ('read' in input) return input;
  if ('bytes' in input) {
    const { name, bytes } = input;
    return { name, size: bytes.byteLength, read: async (maxBytes) => atMost(bytes, maxBytes) };
  }
  if ('stream' in input) {
    const { name, stream } = input;
    const reader = streamReader(stream);
    return {
      name,
      size: expectedStreamBytes,
      read: (maxBytes) => reader.read(maxBytes),
      cancel: () => reader.cancel(),
    };
  }
  throw new UserError('an image must be a path, a file: URL, { name, bytes } or { name, stream }');
}

/** An object of a listing, in a folder or a bucket. */
export function objectSource(name: string, object: ListedObject, objects: Pick<ObjectStore, 'read'>): ImageSource {
  return { name, size: object.size, read: async (maxBytes) => (await objects.read(object, { maxBytes })).bytes };
}

async function fileSource(path: string, name = path): Promise<ImageSource> {
  // Whether there is such a file is found when it is read.
  const size = await stat(path).then(
    (stats) => stats.size,
    () => 0,
  );
  const address = { bucket: '/', key: escapeName(resolve(path)).slice(1) };
  return { name, size, read: async (maxBytes) => (await files.read(address, { maxBytes })).bytes };
}

function urlSource(url: URL): Promise<ImageSource> {
  try {
    const path = fileURLToPath(url);
    return fileSource(path);
  } catch {
    const problem = `${url.href} is not the URL of a file: give { name, stream } with what it answers`;
    return Promise.resolve({ name: url.href, size: 0, read: () => Promise.reject(new Failure('unreadable', problem)) });
  }
}

function atMost(bytes: Uint8Array, maxBytes: number): Uint8Array {
  if (bytes.byteLength <= maxBytes) return bytes;
  throw new Failure('too_large', `the image has ${bytes.byteLength} bytes, the limit is ${maxBytes}`);
}
