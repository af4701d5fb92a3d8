import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Failure } from '../../../shared/failures/failure.ts';
import { escapeName } from '../../../shared/stores/local/file-name.ts';
import { FolderStore } from '../../../shared/stores/local/folder-store.ts';
import type { ListedObject, ObjectStore } from '../../../shared/stores/ports.ts';
import type { ImageInput } from './image-input.ts';
import { parseImage } from './parse-images.ts';
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

/** An object of a listing, in a folder or a bucket. */
export class ListedImage implements ImageSource {
  readonly name: string;
  readonly size: number;
  readonly #object: ListedObject;
  readonly #objects: Pick<ObjectStore, 'read'>;

  constructor(name: string, object: ListedObject, objects: Pick<ObjectStore, 'read'>) {
    this.name = name;
    this.size = object.size;
    this.#object = object;
    this.#objects = objects;
  }

  async read(maxBytes: number): Promise<Uint8Array> {
    return (await this.#objects.read(this.#object, { maxBytes })).bytes;
  }
}

/**
 * The source of an image to classify. An unreadable image fails when it is read, so that it is rejected with the reason.
 * @throws {UserError} for an invalid image argument: an error of the program
 */
export async function sourceOf(input: ImageInput | ListedImage): Promise<ImageSource> {
  if (input instanceof ListedImage) return input;
  const image = parseImage(input);
  if (typeof image === 'string') return textSource(image);
  if (image instanceof URL) return urlSource(image);
  const { name } = image;
  if ('bytes' in image) {
    const { bytes } = image;
    return { name, size: bytes.byteLength, read: async (maxBytes) => atMost(bytes, maxBytes) };
  }
  const reader = streamReader(image.stream);
  return {
    name,
    size: expectedStreamBytes,
    read: (maxBytes) => reader.read(maxBytes),
    cancel: () => reader.cancel(),
  };
}

async function textSource(path: string): Promise<ImageSource> {
  if (path === '') return unreadable(path, 'an empty text is not a path: give the path of an image');
  if (path.includes('\0')) return unreadable(path, 'a path has no NUL character: give the path of an image');
  const isAddress = /^[a-z][a-z0-9+.-]+:\/\//i.test(path);
  if (isAddress && (await stat(path).catch(() => undefined)) === undefined) {
    return unreadable(path, 'an address, not a path: download the image first; a program can give { name, stream }');
  }
  return fileSource(path);
}

async function fileSource(path: string): Promise<ImageSource> {
  // Whether there is such a file is found when it is read.
  const size = await stat(path).then(
    (stats) => stats.size,
    () => 0,
  );
  const address = { bucket: '/', key: escapeName(resolve(path)).slice(1) };
  return { name: path, size, read: async (maxBytes) => (await files.read(address, { maxBytes })).bytes };
}

async function urlSource(url: URL): Promise<ImageSource> {
  try {
    return await fileSource(fileURLToPath(url));
  } catch {
    return unreadable(url.href, 'not the URL of a file: give { name, stream } with the body of the answer to fetch');
  }
}

function unreadable(name: string, problem: string): ImageSource {
  return { name, size: 0, read: () => Promise.reject(new Failure('unreadable', problem)) };
}

function atMost(bytes: Uint8Array, maxBytes: number): Uint8Array {
  if (bytes.byteLength <= maxBytes) return bytes;
  throw new Failure('too_large', `the image has ${bytes.byteLength} bytes, the limit is ${maxBytes}`);
}
