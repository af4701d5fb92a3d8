/** Channels by the signature of a color space. */
const channels = { CMYK: 4, 'RGB ': 3 } as const;

/**
 * An ICC profile of a table with many entries (ICC.1:2010, 10.8): each pixel is interpolated between 2 to the power of the
 * number of its channels.
 * @param grid entries per channel
 */
export function lutProfile(space: keyof typeof channels, grid: number): Buffer {
  const inputs = channels[space];
  const entries = grid ** inputs * 3;
  const table = Buffer.alloc(48 + 4 + inputs * 4 + entries * 2 + 3 * 4);
  table.write('mft2', 0, 'latin1');
  table.set([inputs, 3, grid], 8);
  for (const [index, value] of [1, 0, 0, 0, 1, 0, 0, 0, 1].entries())
    table.writeInt32BE(value * 65_536, 12 + index * 4);
  table.writeUInt16BE(2, 48);
  table.writeUInt16BE(2, 50);
  let at = 52;
  const line = () => {
    table.writeUInt16BE(65_535, at + 2);
    at += 4;
  };
  for (let input = 0; input < inputs; input += 1) line();
  for (let entry = 0; entry < entries; entry += 1, at += 2) table.writeUInt16BE((entry * 40_503) % 65_536, at);
  for (let output = 0; output < 3; output += 1) line();

  const header = Buffer.alloc(128 + 4 + 12 * 2);
  header.writeUInt32BE(header.length + 20 + table.length, 0);
  header.writeUInt32BE(0x0210_0000, 8);
  header.write(`prtr${space}Lab `, 12, 'latin1');
  header.write('acsp', 36, 'latin1');
  const white = Buffer.alloc(20);
  white.write('XYZ ', 0, 'latin1');
  for (const [index, value] of [0.9642, 1, 0.8249].entries()) {
    header.writeInt32BE(Math.round(value * 65_536), 68 + index * 4);
    white.writeInt32BE(Math.round(value * 65_536), 8 + index * 4);
  }
  header.writeUInt32BE(2, 128);
  header.write('wtpt', 132, 'latin1');
  header.writeUInt32BE(header.length, 136);
  header.writeUInt32BE(20, 140);
  header.write('A2B0', 144, 'latin1');
  header.writeUInt32BE(header.length + 20, 148);
  header.writeUInt32BE(table.length, 152);
  return Buffer.concat([header, white, table]);
}
