import { fileTypeFromBuffer } from 'file-type';

/** Images that bear a signature which the library does not know, or loses where the file ends early. */
const others: readonly (readonly [type: string, begins: (head: string) => boolean])[] = [
  ['image/tiff', isTiff],
  ['image/x-exr', (head) => head.startsWith('v/1\x01')],
  ['image/vnd.radiance', (head) => /^#\?(RADIANCE|RGBE)\n/.test(head)],
  ['image/x-portable-anymap', (head) => /^P[1-6]\s+(#[^\n]*\n\s*)*\d+\s/.test(head)],
  ['image/fits', (head) => head.startsWith('SIMPLE  = ')],
];

/**
 * Before its root element an SVG may have a byte order mark, an XML declaration, comments and a document type. Each can be
 * read in one way only, so that no text makes the expression try them all.
 */
const svg =
  /^(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*|<!--(?:(?!-->)[\s\S])*-->\s*|<!DOCTYPE\s+svg[^>[]*(?:\[[^\]]*\]\s*)?>\s*)*<(?:\w+:)?svg[\s>]/i;

/**
 * The media type of bytes, told by what they begin with.
 * @returns undefined where they begin as nothing known
 */
export async function mediaTypeOf(bytes: Uint8Array): Promise<string | undefined> {
  const signed = (await fileTypeFromBuffer(bytes))?.mime;
  const head = Buffer.from(bytes.subarray(0, 4096)).toString('latin1');
  // An SVG is a text, so it bears no signature; a page of HTML may hold one and is none.
  if (signed === undefined || signed === 'application/xml') {
    if (svg.test(head)) return 'image/svg+xml';
    return signed ?? others.find(([, begins]) => begins(head))?.[0];
  }
  // Which TIFFs are camera raw is told from more than the few bytes that the library goes by (camera-raw.ts).
  if (isTiff(head)) return 'image/tiff';
  // Of the still images in this container those coded in AV1 are AVIF, whatever brand comes first.
  if (signed === 'image/heif' && head.slice(8, 64).includes('avif')) return 'image/avif';
  return signed;
}

function isTiff(head: string): boolean {
  return ['II*\0', 'MM\0*', 'II+\0', 'MM\0+'].includes(head.slice(0, 4));
}
