/** What a JPEG's frame header says of how its pixels are coded. */
export interface JpegFrame {
  readonly process: 'baseline' | 'extended' | 'progressive' | 'lossless' | 'hierarchical';
  readonly entropy: 'huffman' | 'arithmetic';
  /** Of a sample. */
  readonly bits: number;
  /** Of all components together: 3 where colours are not subsampled, 1.5 where they are in both directions. */
  readonly samplesPerPixel: number;
  /** Whether no pixel is complete before the last scan: each brings some bits, or some components. */
  readonly hasManyScans: boolean;
}

/** By the two low bits of the marker (ITU-T T.81, table B.1). */
const processes = ['baseline', 'extended', 'progressive', 'lossless'] as const;
/** Markers of that range which begin no frame: Huffman tables, an extension, arithmetic conditioning. */
const noFrames: ReadonlySet<number> = new Set([0xc4, 0xc8, 0xcc]);
const startOfScan = 0xda;

/** The first frame header of a JPEG; undefined where it has none, or ends before it. */
export function jpegFrame(bytes: Buffer): JpegFrame | undefined {
  const at = segment(bytes, 2, (marker) => marker >= 0xc0 && marker <= 0xcf && !noFrames.has(marker));
  if (at === undefined) return undefined;
  const marker = bytes[at + 1] ?? 0;
  const isDifferential = (marker & 4) !== 0;
  const process = isDifferential ? 'hierarchical' : (processes[marker & 3] ?? 'baseline');
  const components = bytes[at + 9] ?? 0;
  const scan = segment(bytes, at, (own) => own === startOfScan);
  const inFirstScan = scan === undefined ? 0 : (bytes[scan + 4] ?? 0);
  return {
    process,
    entropy: marker >= 0xc8 ? 'arithmetic' : 'huffman',
    bits: bytes[at + 4] ?? 0,
    samplesPerPixel: samplesPerPixel(bytes.subarray(at + 10, at + 10 + components * 3)),
    hasManyScans: process !== 'baseline' && process !== 'extended' ? true : inFirstScan < components,
  };
}

/** Where the next segment of a kind begins. */
function segment(bytes: Buffer, start: number, isWanted: (marker: number) => boolean): number | undefined {
  let at = start;
  while (at + 5 <= bytes.length && bytes[at] === 0xff) {
    const marker = bytes[at + 1] ?? 0;
    if (isWanted(marker)) return at;
    at += marker === 0xff ? 1 : 2 + bytes.readUInt16BE(at + 2);
  }
  return undefined;
}

/** @param components three bytes each, the second of which tells how often it is sampled across and down */
function samplesPerPixel(components: Buffer): number {
  const factors: [number, number][] = [];
  for (let at = 1; at < components.length; at += 3) {
    const factor = components[at] ?? 0;
    factors.push([factor >> 4, factor & 15]);
  }
  const most = Math.max(...factors.map(([across]) => across)) * Math.max(...factors.map(([, down]) => down));
  return most > 0 ? factors.reduce((sum, [across, down]) => sum + across * down, 0) / most : factors.length;
}
