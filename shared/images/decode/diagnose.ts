import { Failure } from '../../failures/failure.ts';
import { cameraRawKind } from './camera-raw.ts';
import { decodesHevc } from './hevc.ts';
import { isTruncated } from './is-truncated.ts';
import { jpegFrame } from './jpeg-frame.ts';
import { mediaTypeOf } from './signature.ts';
import { unsupportedSamples } from './tiff-samples.ts';

/** Formats that are decoded, by their media type. */
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
const expected = `expected JPEG, PNG, WebP, AVIF, ${decodesHevc ? 'HEIC, ' : ''}TIFF or GIF`;

/**
 * Why bytes could not be decoded, found out from the bytes themselves: libvips keeps one text of errors for all its
 * threads, so that of two images that fail at the same time each may be told the other's fault.
 * @param cause what the decoder threw
 */
export async function diagnose(bytes: Uint8Array, cause: unknown): Promise<Failure> {
  const type = await mediaTypeOf(bytes);
  if (type === undefined) {
    return new Failure('not_an_image', `${expected}, got bytes of no known image format`, { cause });
  }
  if (!accepted.has(type)) {
    const drawn = type.startsWith('image/') || type === 'application/pdf';
    const why = /^image\/hei[cf]/.test(type) && !decodesHevc ? ', and this build of sharp decodes no HEVC' : '';
    return new Failure(drawn ? 'unsupported_format' : 'not_an_image', `${expected}, got ${type}${why}`, { cause });
  }
  const variant = unsupportedVariant(bytes, type);
  if (variant !== undefined) return new Failure('unsupported_format', variant, { cause });
  if (isTruncated(bytes, type)) {
    return new Failure('truncated', `the ${type} ends early, after ${bytes.byteLength} bytes`, { cause });
  }
  if (ranShort(cause)) return new Failure('internal', 'memory ran out while an image was decoded', { cause });
  return new Failure('corrupt', `the ${type} of ${bytes.byteLength} bytes cannot be decoded`, { cause });
}

const shortOfMemory =
  /out of memory|(?:unable to|failed to|cannot|can't) (?:[mc]|re)?alloc|memory allocation|allocation failed|insufficient memory|no space for|bad_alloc/i;

/**
 * Whether what was thrown tells of memory that could not be had, as libvips, the decoders and V8 put it. Another image's
 * thread may have taken the text, see `preprocess`.
 */
function ranShort(cause: unknown): boolean {
  const text = cause instanceof Error ? cause.message : String(cause);
  // A decoder's own limit is the same at every try.
  return shortOfMemory.test(text) && !/limit/i.test(text);
}

/** What was expected instead, where the format is accepted but not this variant of it. */
export function unsupportedVariant(bytes: Uint8Array, type: string): string | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (type === 'image/tiff') {
    const raw = cameraRawKind(buffer);
    return raw === undefined ? unsupportedSamples(buffer) : `${expected}, got ${raw}`;
  }
  if (type !== 'image/jpeg') return undefined;
  const frame = jpegFrame(buffer);
  if (frame?.process === 'lossless' || frame?.process === 'hierarchical') {
    return `expected a baseline or progressive JPEG, got a ${frame.process} one`;
  }
  return frame && frame.bits !== 8 ? `expected a JPEG of 8 bits a sample, got ${frame.bits} bits` : undefined;
}
