import { fileTypeFromBuffer } from 'file-type';

/** Image formats that the library does not know, or does not recognize in a truncated file. */
const moreSignatures: readonly (readonly [type: string, matches: (head: string) => boolean])[] = [
  ['image/tiff', isTiff],
  ['image/x-exr', (head) => head.startsWith('v/1\x01')],
  ['image/vnd.radiance', (head) => /^#\?(RADIANCE|RGBE)\n/.test(head)],
  ['image/x-portable-anymap', (head) => /^P[1-6]\s+(#[^\n]*\n\s*)*\d+\s/.test(head)],
  ['image/fits', (head) => head.startsWith('SIMPLE  = ')],
];

/**
 * A byte order mark, an XML declaration, comments and a document type may precede an SVG's root element. The alternatives
 * exclude each other, so no input makes the expression backtrack.
 */
const svg =
  /^(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*|<!--(?:(?!-->)[\s\S])*-->\s*|<!DOCTYPE\s+svg[^>[]*(?:\[[^\]]*\]\s*)?>\s*)*<(?:\w+:)?svg[\s>]/i;

/**
 * The media type of a file, from its first bytes.
 * @returns undefined for unknown formats
 */
export async function mediaTypeOf(bytes: Uint8Array): Promise<string | undefined> {
  const type = (await fileTypeFromBuffer(bytes))?.mime;
  const head = Buffer.from(bytes.subarray(0, 4096)).toString('latin1');
  // SVG is text without a signature. An HTML page that contains an SVG does not count as one.
  if (type === undefined || type === 'application/xml') {
    if (svg.test(head)) return 'image/svg+xml';
    return type ?? moreSignatures.find(([, matches]) => matches(head))?.[0];
  }
  // camera-raw.ts recognizes camera raw TIFFs, with more bytes than the library checks.
  if (isTiff(head)) return 'image/tiff';
  // Images in this container that are coded in AV1 are AVIF, in any order of brands.
  return isAvif(head) ? 'image/avif' : type;
}

function isAvif(head: string): boolean {
  return head.slice(4, 8) === 'ftyp' && /^(?:.{4})*?avi[fs]/s.test(head.slice(8, 64));
}

function isTiff(head: string): boolean {
  return ['II*\0', 'MM\0*', 'II+\0', 'MM\0+'].includes(head.slice(0, 4));
}
