import { firstDirectory } from './tiff-directory.ts';

const newSubfileType = 254;
const reducedCopy = 1;
const subDirectories = 330;
const dngVersion = 50706;
/** Length of a CR2's header; its first directory begins after it. */
const cr2HeaderBytes = 16;

/**
 * The kind of camera raw file that is stored as a TIFF. Its first page is a thumbnail, and the photo is in a directory
 * that no common decoder reads: decoded as a TIFF it would give labels of about 160 × 120 pixels.
 * @returns undefined for a TIFF whose first page is the image
 */
export function cameraRawKind(bytes: Buffer): string | undefined {
  if (isCr2(bytes)) return 'a camera raw file (CR2)';
  const directory = firstDirectory(bytes);
  if (directory === undefined) return undefined;
  if (directory.values.has(dngVersion)) return 'a camera raw file (DNG)';
  const isReduced = ((directory.first(newSubfileType) ?? 0) & reducedCopy) !== 0;
  const hasOthers = directory.next !== undefined || directory.values.has(subDirectories);
  return isReduced && hasOthers ? 'a camera raw file (a TIFF whose first page is a thumbnail)' : undefined;
}

/** The mark counts only if the directory begins after it: in another TIFF the same bytes may be pixels. */
function isCr2(bytes: Buffer): boolean {
  if (bytes.toString('latin1', 8, 12) !== 'CR\x02\0') return false;
  return (bytes[0] === 0x49 ? bytes.readUInt32LE(4) : bytes.readUInt32BE(4)) >= cr2HeaderBytes;
}
