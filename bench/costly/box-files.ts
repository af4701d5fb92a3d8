/** A box of an AVIF. */
export function box(type: string, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  const head = Buffer.alloc(8);
  head.writeUInt32BE(head.length + content.length);
  head.write(type, 4, 'latin1');
  return Buffer.concat([head, content]);
}

/** Brand of an AVIF. */
export const avifBrand = box('ftyp', Buffer.from('avif\0\0\0\0avifmif1miaf', 'latin1'));

/** An AVIF of `items` items with 65,535 extents each, which take no bytes: every number has a width of 0. */
export function extentBomb(items: number): Buffer {
  const list = Buffer.alloc(10 + 10 * items);
  list[0] = 2;
  list.writeUInt32BE(items, 6);
  for (let item = 0; item < items; item += 1) {
    const at = 10 + 10 * item;
    list.writeUInt32BE(1, at);
    list.writeUInt16BE(0xffff, at + 8);
  }
  return Buffer.concat([avifBrand, box('meta', Buffer.alloc(4), box('iloc', list))]);
}

/** An AVIF whose `meta` box is filled with the same bytes: properties, references or associations of an item. */
export function metaBomb(bytes: number, kind: 'ipco' | 'iref' | 'ipma' | 'top'): Buffer {
  const empty = Buffer.alloc(bytes, '0000000866726565', 'hex');
  if (kind === 'top') return Buffer.concat([avifBrand, empty]);
  const primary = box('pitm', Buffer.from([0, 0, 0, 0, 0, 1]));
  const meta = (...boxes: readonly Buffer[]) =>
    Buffer.concat([avifBrand, box('meta', Buffer.alloc(4), primary, ...boxes)]);
  if (kind === 'ipco') {
    const associations = box('ipma', Buffer.from([0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 1, 1]));
    return meta(box('iprp', box('ipco', empty), associations));
  }
  if (kind === 'iref') {
    const references = Buffer.alloc(bytes, '0000000e6175786c000100010002', 'hex');
    return meta(box('iref', Buffer.alloc(4), references));
  }
  // Of another item, without an index.
  const associations = Buffer.alloc(bytes, '000200', 'hex');
  return meta(box('iprp', box('ipco', Buffer.alloc(8)), box('ipma', Buffer.alloc(8), associations)));
}
