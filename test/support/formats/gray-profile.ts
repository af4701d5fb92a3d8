/** A linear gray ICC profile with the minimum of a monochrome profile (ICC.1:2001-04, 6.3.2). */
export function linearGrayProfile(): Buffer {
  const tags: readonly (readonly [signature: string, data: Buffer])[] = [
    ['wtpt', Buffer.concat([Buffer.from('XYZ \0\0\0\0', 'latin1'), d50()])],
    // A curve of one number is a gamma in 8.8 fixed point: 1.
    ['kTRC', Buffer.from('curv\0\0\0\0\0\0\0\x01\x01\0\0\0', 'latin1')],
  ];
  const table = Buffer.alloc(4 + tags.length * 12);
  table.writeUInt32BE(tags.length, 0);
  let at = headerLength + table.length;
  for (const [index, [signature, data]] of tags.entries()) {
    const entry = 4 + index * 12;
    table.write(signature, entry, 'latin1');
    table.writeUInt32BE(at, entry + 4);
    table.writeUInt32BE(data.length, entry + 8);
    at += data.length;
  }
  const header = Buffer.alloc(headerLength);
  header.writeUInt32BE(at, 0);
  header.writeUInt32BE(0x0210_0000, 8);
  header.write('mntrGRAYXYZ ', 12, 'latin1');
  header.write('acsp', 36, 'latin1');
  d50().copy(header, 68);
  return Buffer.concat([header, table, ...tags.map(([, data]) => data)]);
}

const headerLength = 128;

/** The reference white of profiles, in 16.16 fixed point. */
function d50(): Buffer {
  const white = Buffer.alloc(12);
  for (const [index, value] of [0.9642, 1, 0.8249].entries()) white.writeInt32BE(Math.round(value * 65_536), index * 4);
  return white;
}
