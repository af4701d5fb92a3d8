import { jpegSegments, startOfScan } from './jpeg-segments.ts';

/** The coding of a JPEG's pixels, from its frame header. */
export interface JpegFrame {
  readonly process: 'baseline' | 'extended' | 'progressive' | 'lossless' | 'hierarchical';
  readonly entropy: 'huffman' | 'arithmetic';
  /** Per sample. */
  readonly bits: number;
  readonly components: number;
  /** Of all components together: 3 without chroma subsampling, 1.5 with subsampling in both directions. */
  readonly samplesPerPixel: number;
  /** Whether no pixel is complete before the last scan, because each scan holds some bits or some components. */
  readonly hasManyScans: boolean;
}

/** By the two low bits of the marker (ITU-T T.81, table B.1). */
const processes = ['baseline', 'extended', 'progressive', 'lossless'] as const;
/** Markers in the same range that do not start a frame: Huffman tables, an extension, arithmetic conditioning. */
const nonFrameMarkers: ReadonlySet<number> = new Set([0xc4, 0xc8, 0xcc]);

/** The first frame header of a JPEG; undefined if the file has none or ends before it. */
export function jpegFrame(bytes: Buffer): JpegFrame | undefined {
  let at: number | undefined;
  let inFirstScan = 0;
  for (const segment of jpegSegments(bytes)) {
    if (segment.marker === startOfScan) inFirstScan = bytes[segment.at + 4] ?? 0;
    else if (isFrame(segment.marker)) at ??= segment.at;
  }
  if (at === undefined) return undefined;
  const marker = bytes[at + 1] ?? 0;
  const isDifferential = (marker & 4) !== 0;
  const process = isDifferential ? 'hierarchical' : (processes[marker & 3] ?? 'baseline');
  const components = bytes[at + 9] ?? 0;
  return {
    process,
    entropy: marker >= 0xc8 ? 'arithmetic' : 'huffman',
    bits: bytes[at + 4] ?? 0,
    components,
    samplesPerPixel: samplesPerPixel(bytes.subarray(at + 10, at + 10 + components * 3)),
    hasManyScans: process !== 'baseline' && process !== 'extended' ? true : inFirstScan < components,
  };
}

function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && !nonFrameMarkers.has(marker);
}

/** @param components three bytes each; the second holds the sampling factors, horizontal and vertical */
function samplesPerPixel(components: Buffer): number {
  const factors: [number, number][] = [];
  for (let at = 1; at < components.length; at += 3) {
    const factor = components[at] ?? 0;
    factors.push([factor >> 4, factor & 15]);
  }
  const max = Math.max(...factors.map(([across]) => across)) * Math.max(...factors.map(([, down]) => down));
  return max > 0 ? factors.reduce((sum, [across, down]) => sum + across * down, 0) / max : factors.length;
}
