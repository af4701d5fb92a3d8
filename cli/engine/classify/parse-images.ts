import { isUint8Array } from 'node:util/types';
import { z } from 'zod';
import { parseOptions } from '../../../shared/failures/parse-options.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import { maxRegions } from '../../../shared/models/regions-rule.ts';
import type { ImageBytes, ImageInput, ImageStream } from './image-input.ts';

const kinds = 'a path, a file: URL, { name, bytes } or { name, stream }';

/**
 * The images that a program gives: one, or several. Programs in JavaScript are not checked by types.
 * @throws {UserError} for an invalid image argument
 */
export function parseImages(images: unknown): Iterable<ImageInput> | AsyncIterable<ImageInput> {
  if (typeof images === 'string' || images instanceof URL) return [images];
  if (ArrayBuffer.isView(images)) throw wrong(images);
  if (isIterable(images) || isAsyncIterable(images)) return images;
  return [parseImage(images)];
}

const signal = z.instanceof(AbortSignal).optional().describe('an AbortSignal');
const classifySchema = z.strictObject({
  signal,
  regions: z.int().min(1).max(maxRegions).optional().describe(`a whole number from 1 to ${maxRegions}`),
});
const embedSchema = z.strictObject({ signal });

/** The options of one call of `classify`. @throws {UserError} */
export function parseClassifyOptions(options: unknown = {}): z.output<typeof classifySchema> {
  return parseOptions(classifySchema, options, 'classify');
}

/** The options of one call of `embed`. @throws {UserError} */
export function parseEmbedOptions(options: unknown = {}): z.output<typeof embedSchema> {
  return parseOptions(embedSchema, options, 'embed');
}

/** @throws {UserError} saying in one line what to give */
export function parseImage(image: unknown): ImageInput {
  if (typeof image === 'string' || image instanceof URL) return image;
  if (isImageBytes(image) || isImageStream(image)) return image;
  throw wrong(image);
}

function isImageBytes(image: unknown): image is ImageBytes {
  return hasName(image) && 'bytes' in image && isUint8Array(image.bytes);
}

function isImageStream(image: unknown): image is ImageStream {
  return hasName(image) && 'stream' in image && isAsyncIterable(image.stream) && !('bytes' in image);
}

function hasName(image: unknown): image is { readonly name: string } {
  return typeof image === 'object' && image !== null && 'name' in image && typeof image.name === 'string';
}

function isIterable(value: unknown): value is Iterable<ImageInput> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value;
}

function isAsyncIterable(value: unknown): value is AsyncIterable<never> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}

function wrong(image: unknown): UserError {
  if (image instanceof ArrayBuffer || ArrayBuffer.isView(image)) {
    return new UserError('bytes need a name: give { name, bytes }, where bytes is a Uint8Array');
  }
  if (image instanceof Blob) return new UserError('give a blob or file as { name, stream: blob.stream() }');
  if (image instanceof Promise) return new UserError('images are a promise: await it first');
  if (typeof image === 'function') return new UserError('images are a function: call it, and give what it returns');
  if (typeof image !== 'object' || image === null) return new UserError(`an image is ${kinds}, not ${String(image)}`);
  if ('bytes' in image && !isUint8Array(image.bytes)) {
    return new UserError(`bytes of an image are a Uint8Array, not ${nameOf(image.bytes)}`);
  }
  if ('stream' in image && !isAsyncIterable(image.stream)) {
    return new UserError(
      `the stream of an image gives Uint8Arrays: give a body or a file's stream, not ${nameOf(image.stream)}`,
    );
  }
  if ('bytes' in image && 'stream' in image) return new UserError('an image has bytes or a stream, not both');
  if ('bytes' in image || 'stream' in image)
    return new UserError('an image in memory or a stream needs a name, a text');
  return new UserError(`an image is ${kinds}, not ${nameOf(image)}`);
}

/** `a text`, `null`, `a Blob`. */
function nameOf(value: unknown): string {
  if (typeof value === 'string') return 'a text';
  if (typeof value !== 'object' || value === null) return String(value);
  const { constructor: made } = value;
  return `an object${typeof made === 'function' && made !== Object ? ` of ${made.name}` : ''}`;
}
