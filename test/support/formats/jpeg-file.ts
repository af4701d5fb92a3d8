interface Frame {
  readonly marker?: number;
  readonly bits?: number;
  readonly width?: number;
  readonly height?: number;
}

/** Overwrites the frame header. */
export function withFrame(jpeg: Uint8Array, { marker, bits, width, height }: Frame): Buffer {
  const bytes = Buffer.from(jpeg);
  const at = segments(bytes).find(({ marker: own }) => own >= 0xc0 && own <= 0xc2)?.at;
  if (at === undefined) throw new Error('expected a JPEG with a frame header');
  if (marker !== undefined) bytes[at + 1] = marker;
  if (bits !== undefined) bytes[at + 4] = bits;
  if (height !== undefined) bytes.writeUInt16BE(height, at + 5);
  if (width !== undefined) bytes.writeUInt16BE(width, at + 7);
  return bytes;
}

/** Inserts an application segment after the start marker. */
export function withSegment(jpeg: Uint8Array, marker: number, data: Buffer): Buffer {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(data.length + 2, 2);
  return Buffer.concat([jpeg.subarray(0, 2), head, data, jpeg.subarray(2)]);
}

/** Overwrites the ids of the components in the frame and in the first scan. */
export function withComponentIds(jpeg: Uint8Array, ids: readonly number[]): Buffer {
  const bytes = Buffer.from(jpeg);
  const found = segments(bytes);
  const frame = found.find(({ marker }) => marker >= 0xc0 && marker <= 0xc2)?.at;
  const scan = found.find(({ marker }) => marker === 0xda)?.at;
  if (frame === undefined || scan === undefined) throw new Error('expected a JPEG with a frame and a scan');
  for (const [index, id] of ids.entries()) {
    bytes[frame + 10 + 3 * index] = id;
    bytes[scan + 5 + 2 * index] = id;
  }
  return bytes;
}

function segments(bytes: Buffer): { marker: number; at: number }[] {
  const found: { marker: number; at: number }[] = [];
  for (let at = 2; bytes[at] === 0xff; at += 2 + bytes.readUInt16BE(at + 2)) {
    found.push({ marker: bytes[at + 1] ?? 0, at });
    if (bytes[at + 1] === 0xda) break;
  }
  return found;
}
