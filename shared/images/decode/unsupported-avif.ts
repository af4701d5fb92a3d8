import { avifItem } from './avif-item.ts';
import { findBox } from './boxes.ts';

/** Matrix coefficients that the decoder converts in studio range (ISO/IEC 23091-2, 8.3), and those only in full range. */
const studioMatrices: ReadonlySet<number> = new Set([1, 2, 4, 5, 6, 7, 9, 12]);
const fullMatrices: ReadonlySet<number> = new Set([...studioMatrices, 0, 8]);

/** A message if an AVIF would not be decoded, or would be decoded to a wrong image; undefined if it is supported. */
export function unsupportedAvif(bytes: Buffer): string | undefined {
  const item = avifItem(bytes);
  if (item === undefined) {
    const isSequence = findBox(bytes, { start: 0, end: bytes.length }, 'moov') !== undefined;
    return isSequence ? 'an AVIF sequence without a still image: save its first frame as AVIF' : undefined;
  }
  const { isMonochrome, coding, hasProfile, isPremultiplied, hasTurnedTiles } = item;
  // The decoder turns each tile in its place; others turn the whole image only.
  if (hasTurnedTiles) return 'an AVIF grid of turned or mirrored tiles: turn the pixels instead';
  if (isMonochrome && coding === undefined) {
    return 'a monochrome AVIF without a color description (nclx): save it in color or with a description';
  }
  if (isPremultiplied && hasProfile) {
    return 'an AVIF of premultiplied alpha with a color profile: save it without premultiplied alpha';
  }
  // The pixels' own header (AV1) is not read.
  if (coding === undefined) return undefined;
  const isStudio = !coding.isFullRange;
  if (isMonochrome) {
    return isStudio && (hasProfile || isPremultiplied)
      ? 'a monochrome AVIF in studio range with a profile or premultiplied alpha: save it in full range'
      : undefined;
  }
  return (isStudio ? studioMatrices : fullMatrices).has(coding.matrix)
    ? undefined
    : `an AVIF with matrix coefficients ${coding.matrix} in ${isStudio ? 'studio' : 'full'} range: save it as BT.601 or BT.709`;
}
