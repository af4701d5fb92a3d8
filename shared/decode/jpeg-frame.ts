/** What a JPEG's frame header says of how its pixels are coded. */
export interface JpegFrame {
  readonly process: 'baseline' | 'extended' | 'progressive' | 'lossless' | 'hierarchical';
  readonly entropy: 'huffman' | 'arithmetic';
  /** Of a sample. */
  readonly bits: number;
}

/** By the two low bits of the marker (ITU-T T.81, table B.1). */
const processes = ['baseline', 'extended', 'progressive', 'lossless'] as const;
/** Markers of that range which begin no frame: Huffman tables, an extension, arithmetic conditioning. */
const noFrames: ReadonlySet<number> = new Set([0xc4, 0xc8, 0xcc]);

/** The first frame header of a JPEG; undefined where it has none, or ends before it. */
export function jpegFrame(bytes: Buffer): JpegFrame | undefined {
  let at = 2;
  while (at + 5 <= bytes.length && bytes[at] === 0xff) {
    const marker = bytes[at + 1] ?? 0;
    if (marker >= 0xc0 && marker <= 0xcf && !noFrames.has(marker)) {
      const differential = (marker & 4) !== 0;
      return {
        process: differential ? 'hierarchical' : (processes[marker & 3] ?? 'baseline'),
        entropy: marker >= 0xc8 ? 'arithmetic' : 'huffman',
        bits: bytes[at + 4] ?? 0,
      };
    }
    at += marker === 0xff ? 1 : 2 + bytes.readUInt16BE(at + 2);
  }
  return undefined;
}
