import { fileTypeFromBuffer } from 'file-type';
import { Failure } from '../failure.ts';
import { endsEarly } from './ends-early.ts';

/** Formats that are decoded, by their media type. */
const accepted: ReadonlySet<string> = new Set([
  'image/jpeg',
  'image/png',
  'image/apng',
  'image/webp',
  'image/avif',
  'image/tiff',
  'image/gif',
]);
const expected = 'expected JPEG, PNG, WebP, AVIF, TIFF or GIF';

/**
 * Why bytes could not be decoded, found out from the bytes themselves: libvips keeps one text of errors for all its
 * threads, so that of two images that fail at the same time each may be told the other's fault.
 * @param cause what the decoder threw
 */
export async function diagnose(bytes: Uint8Array, cause: unknown): Promise<Failure> {
  const signed = (await fileTypeFromBuffer(bytes))?.mime;
  const isText = signed === undefined || signed === 'application/xml';
  const type = isText && isSvg(bytes) ? 'image/svg+xml' : signed;
  if (type === undefined)
    return new Failure('not_an_image', `${expected}, got bytes of no known image format`, { cause });
  if (!accepted.has(type)) {
    const drawn = type.startsWith('image/') || type === 'application/pdf';
    return new Failure(drawn ? 'unsupported_format' : 'not_an_image', `${expected}, got ${type}`, { cause });
  }
  if (endsEarly(bytes, type)) {
    return new Failure('truncated', `the ${type} ends early, after ${bytes.byteLength} bytes`, { cause });
  }
  return new Failure('corrupt', `the ${type} of ${bytes.byteLength} bytes cannot be decoded`, { cause });
}

/** An SVG is a text, so it bears no signature. */
function isSvg(bytes: Uint8Array): boolean {
  return /<svg[\s>]/i.test(Buffer.from(bytes.subarray(0, 1024)).toString('latin1'));
}
