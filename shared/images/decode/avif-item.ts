import { type Box, boxesIn, findBox } from './boxes.ts';

/** How the colors of an AVIF's primary image are coded. */
export interface AvifItem {
  /** A single plane. */
  readonly isMonochrome: boolean;
  /** From its color description (`nclx`, ISO/IEC 23091-2); undefined if the file has none. */
  readonly coding: { readonly matrix: number; readonly isFullRange: boolean } | undefined;
  readonly hasProfile: boolean;
  /** Whether the colors are multiplied by the opacity. */
  readonly isPremultiplied: boolean;
  /** A grid whose tiles are turned or mirrored themselves. */
  readonly hasTurnedTiles: boolean;
}

/** Versions and flags of a full box. */
const fullHeader = 4;
const monochromeBit = 0x10;
/** Items and references that are read: the decoder takes 1,000 items. A list may be as long as the file. */
const maxParts = 2 ** 16;

interface Range {
  readonly start: number;
  readonly end: number;
}

/**
 * The primary image of an AVIF (ISO/IEC 23008-12; AV1 Image File Format, 2.2).
 * @returns undefined if the file has no still image, or ends before its description does
 */
export function avifItem(bytes: Buffer): AvifItem | undefined {
  try {
    return readItem(bytes);
  } catch (error) {
    // A value beyond the end.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function readItem(bytes: Buffer): AvifItem | undefined {
  const meta = findBox(bytes, { start: 0, end: bytes.length }, 'meta');
  if (meta === undefined) return undefined;
  const items = { start: meta.start + fullHeader, end: meta.end };
  const primary = findBox(bytes, items, 'pitm');
  if (primary === undefined) return undefined;
  const id = readId(bytes, primary.start + fullHeader, bytes[primary.start] !== 0);
  const { tile, isPremultiplied } = referencesOf(bytes, items, id);
  const own = propertiesOf(bytes, items, id);
  // A grid is described by its first tile.
  const ofTile = tile === undefined ? [] : propertiesOf(bytes, items, tile);
  const properties = [...own, ...ofTile];
  const config = properties.find(({ type }) => type === 'av1C');
  const colors = properties.filter(({ type }) => type === 'colr');
  const colorType = ({ start }: Box) => bytes.toString('latin1', start, start + 4);
  const nclx = colors.find((box) => colorType(box) === 'nclx');
  return {
    isMonochrome: config !== undefined && (bytes.readUInt8(config.start + 2) & monochromeBit) !== 0,
    coding: nclx && {
      matrix: bytes.readUInt16BE(nclx.start + 8),
      isFullRange: (bytes.readUInt8(nclx.start + 10) & 0x80) !== 0,
    },
    hasProfile: colors.some((box) => ['prof', 'rICC'].includes(colorType(box))),
    isPremultiplied,
    hasTurnedTiles: ofTile.some(({ type, start }) => type === 'imir' || (type === 'irot' && bytes[start] !== 0)),
  };
}

function readId(bytes: Buffer, at: number, isLong: boolean): number {
  return isLong ? bytes.readUInt32BE(at) : bytes.readUInt16BE(at);
}

/** What an item refers to: its first tile, and an opacity that its colors are multiplied by. */
function referencesOf(bytes: Buffer, items: Range, id: number) {
  let tile: number | undefined;
  let isPremultiplied = false;
  const list = findBox(bytes, items, 'iref');
  if (list === undefined) return { tile, isPremultiplied };
  const isLong = bytes[list.start] !== 0;
  const width = isLong ? 4 : 2;
  let references = 0;
  for (const { type, start } of boxesIn(bytes, list.start + fullHeader, list.end)) {
    references += 1;
    if (references > maxParts) break;
    if (type !== 'dimg' && type !== 'prem') continue;
    if (readId(bytes, start, isLong) !== id) continue;
    if (type === 'dimg') tile ??= readId(bytes, start + width + 2, isLong);
    else isPremultiplied = true;
  }
  return { tile, isPremultiplied };
}

/** The properties that are associated with an item. */
function propertiesOf(bytes: Buffer, items: Range, id: number): Box[] {
  const properties = findBox(bytes, items, 'iprp');
  if (properties === undefined) return [];
  const container = findBox(bytes, properties, 'ipco');
  const associations = findBox(bytes, properties, 'ipma');
  if (container === undefined || associations === undefined) return [];
  const indexes = propertyIndexes(bytes, associations, id);
  if (indexes.length === 0) return [];
  const all = boxesIn(bytes, container.start, container.end)
    .take(Math.max(...indexes))
    .toArray();
  return indexes.flatMap((index) => all[index - 1] ?? []);
}

/** The numbers of an item's properties, from 1. */
function propertyIndexes(bytes: Buffer, { start, end }: Range, id: number): readonly number[] {
  const isLongId = bytes[start] !== 0;
  const isLongIndex = (bytes.readUInt8(start + 3) & 1) !== 0;
  let at = start + fullHeader + 4;
  for (let items = 0; at < end && items < maxParts; items += 1) {
    const item = readId(bytes, at, isLongId);
    at += isLongId ? 4 : 2;
    const count = bytes.readUInt8(at);
    at += 1;
    if (item === id) {
      return Array.from({ length: count }, (_, index) =>
        isLongIndex ? bytes.readUInt16BE(at + index * 2) & 0x7fff : bytes.readUInt8(at + index) & 0x7f,
      );
    }
    at += count * (isLongIndex ? 2 : 1);
  }
  return [];
}
