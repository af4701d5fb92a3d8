import { Failure } from '../../failures/failure.ts';
import { cameraRawKind } from './camera-raw.ts';
import { isDirectoryTruncated } from './ending/tiff-ending.ts';
import { decodesHevc } from './hevc.ts';
import { isTruncated } from './is-truncated.ts';
import { jpegFrame } from './jpeg-frame.ts';
import { mediaTypeOf } from './signature.ts';
import { unsupportedAvif } from './unsupported-avif.ts';
import { unsupportedTiff } from './unsupported-tiff.ts';

/** Media types of the formats that are decoded. */
const accepted: ReadonlySet<string> = new Set([
  'image/jpeg',
  'image/png',
  'image/apng',
  'image/webp',
  'image/avif',
  'image/tiff',
  'image/gif',
  ...(decodesHevc ? ['image/heic'] : []),
]);
/** Formats of pages that are not rendered. */
const documents: ReadonlySet<string> = new Set(['application/pdf', 'application/eps', 'application/postscript']);
/** Files that may contain images. */
const archive = /^application\/(?:zip|gzip|zstd|x-(?:tar|bzip2|xz|7z-compressed|rar-compressed|lzip|compress))$/;
const supported = `JPEG, PNG, WebP, AVIF, ${decodesHevc ? 'HEIC, ' : ''}TIFF or GIF`;
const action = `save the image as ${supported}`;

/**
 * Finds out from the bytes why they could not be decoded. libvips keeps one error text for all its threads, so when two
 * images fail at the same time either may get the other's text.
 * @param cause what the decoder threw
 */
export async function diagnose(bytes: Uint8Array, cause: unknown): Promise<Failure> {
  const type = await mediaTypeOf(bytes);
  if (type === undefined) {
    return new Failure('not_an_image', `an unknown format: if it is an image, save it as ${supported}`, { cause });
  }
  if (!accepted.has(type)) {
    const isImage = type.startsWith('image/') || documents.has(type);
    if (!isImage) return new Failure('not_an_image', describeOther(type), { cause });
    const why = /^image\/hei[cf]/.test(type) && !decodesHevc ? ', which this build of sharp does not decode' : '';
    return new Failure('unsupported_format', `${type}${why}: ${action}`, { cause });
  }
  const variant = unsupportedVariant(bytes, type);
  if (variant !== undefined) return new Failure('unsupported_format', variant, { cause });
  if (isTruncated(bytes, type)) return truncatedFailure(bytes, type, cause);
  if (isOutOfMemory(cause)) return new Failure('internal', 'memory ran out while decoding', { cause });
  if (outOfThreads.test(textOf(cause))) return new Failure('internal', 'no thread to decode in could start', { cause });
  return new Failure('corrupt', `the ${type} file of ${bytes.byteLength} bytes cannot be decoded`, { cause });
}

function describeOther(type: string): string {
  return archive.test(type) ? `${type}, a compressed file: extract the images in it` : `${type}, not an image`;
}

export function truncatedFailure(bytes: Uint8Array, type: string, cause?: unknown): Failure {
  return new Failure('truncated', `the ${type} file ends early, after ${bytes.byteLength} bytes`, { cause });
}

/** Warnings of libjpeg about what does not change pixels: other bytes between segments, markers of unknown versions. */
const harmlessJpegWarning = /extraneous bytes|unknown Adobe|JFIF|inconsistent progression|invalid SOS parameters|ICC/i;

/** Whether an error text of the decoder of JPEG is no more than a warning that pixels do not depend on. */
export function isHarmlessJpegWarning(cause: unknown): boolean {
  return harmlessJpegWarning.test(cause instanceof Error ? cause.message : String(cause));
}

/** Texts of libjpeg: the data of a scan ends before its pixels do, by itself or between two restart markers. */
const missingJpegData = /premature end|found marker 0xd9 instead of RST/i;

/** Whether an error text of the decoder of JPEG reports missing pixels. The text may be another image's, see `cropImage`. */
export function isMissingJpegData(cause: unknown): boolean {
  return missingJpegData.test(cause instanceof Error ? cause.message : String(cause));
}

const outOfMemory =
  /out of memory|(?:unable to|failed to|cannot|can't) (?:[mc]|re)?alloc|memory allocation|allocation failed|insufficient memory|no space for|bad_alloc/i;

/** A container may limit processes and threads. */
const outOfThreads = /unable to create thread|error creating thread|resource temporarily unavailable/i;

function textOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

/**
 * Whether an error text of libvips, a decoder or V8 reports a failed allocation. The text may have gone to another image's
 * thread, see `cropImage`.
 */
function isOutOfMemory(cause: unknown): boolean {
  const text = textOf(cause);
  // A decoder's own limit fails on every attempt.
  return outOfMemory.test(text) && !/limit/i.test(text);
}

/** Describes an unsupported variant of an accepted format; undefined if the variant is supported. */
export function unsupportedVariant(bytes: Uint8Array, type: string): string | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (type === 'image/tiff') {
    if (isDirectoryTruncated(buffer)) return undefined;
    const raw = cameraRawKind(buffer);
    return raw === undefined ? unsupportedTiff(buffer) : `${raw}: ${action}`;
  }
  if (type === 'image/avif') return unsupportedAvif(buffer);
  if (type !== 'image/jpeg') return undefined;
  const frame = jpegFrame(buffer);
  if (frame?.process === 'lossless' || frame?.process === 'hierarchical') {
    return `a ${frame.process} JPEG: save it as baseline or progressive JPEG`;
  }
  return frame && frame.bits !== 8 ? `a JPEG with ${frame.bits} bits per sample: save it with 8` : undefined;
}
