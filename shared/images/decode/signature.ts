import { fileTypeFromBuffer } from 'file-type';
import { imageSignatures, isTiff } from './image-signatures.ts';

/**
 * A byte order mark, an XML declaration, comments and a document type may precede an SVG's root element. The alternatives
 * exclude each other, so no input makes the expression backtrack.
 */
const svg =
  /^(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*|<!--(?:(?!-->)[\s\S])*-->\s*|<!DOCTYPE\s+svg[^>[]*(?:\[[^\]]*\]\s*)?>\s*)*<(?:\w+:)?svg[\s>]/i;

/** Answers of the library for other formats too: AIFF for all of its family, cursors for TGA. */
const vague: ReadonlySet<string | undefined> = new Set([undefined, 'application/xml', 'audio/aiff', 'image/x-icon']);

/** The library reads lists of chunks and entries, for seconds if a file consists of them. */
const maxSignatureBytes = 2 ** 20;

/**
 * The media type of a file, from its first bytes.
 * @returns undefined for unknown formats
 */
export async function mediaTypeOf(bytes: Uint8Array): Promise<string | undefined> {
  const type = (await fileTypeFromBuffer(bytes.subarray(0, maxSignatureBytes)))?.mime;
  const head = Buffer.from(bytes.subarray(0, 4096)).toString('latin1');
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (vague.has(type)) {
    // SVG is text without a signature. An HTML page that contains an SVG does not count as one.
    if (svg.test(head)) return 'image/svg+xml';
    return imageSignatures.find(([, matches]) => matches(head, file))?.[0] ?? type;
  }
  // camera-raw.ts recognizes camera raw TIFFs, with more bytes than the library checks.
  if (isTiff(head)) return 'image/tiff';
  // Images in this container that are coded in AV1 are AVIF, in any order of brands.
  return isAvif(head) ? 'image/avif' : type;
}

function isAvif(head: string): boolean {
  return head.slice(4, 8) === 'ftyp' && /^(?:.{4})*?avi[fs]/s.test(head.slice(8, 64));
}
