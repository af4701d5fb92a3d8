import type { Metadata } from 'sharp';
import { jpegFrame } from './jpeg-frame.ts';
import { scanMarkers, scansOfJpeg } from './scan-count.ts';
import { firstDirectory } from './tiff-directory.ts';

type Header = Pick<Metadata, 'format' | 'width' | 'height' | 'channels' | 'depth' | 'hasProfile' | 'space'>;

/** Nanoseconds of a core per pixel, of the most costly files of each format that `npm run bench:costly` makes. */
const perPixel: Readonly<Record<string, number>> = { jpeg: 11, png: 12, gif: 8, webp: 22, heif: 35 };
/** Of formats whose pixels may take many bytes: TIFF. */
const perByte = 6;
/** Of a scan that holds nothing, and of one with a part of every coefficient. */
const perScan = { least: 0.15, usual: 2 };
/** For interpolation in the table of a profile. */
const perProfiledPixel = { rgb: 10, cmyk: 30 };

const jpegInTiff = 7;

/** Seconds of a core that decoding takes, as expected from the header. */
export interface DecodeTime {
  readonly expected: number;
  /** No processor decodes it faster. */
  readonly least: number;
}

/**
 * The time to decode an image. Neither bytes nor pixels limit it: each scan of a progressive JPEG costs a pass over all pixels,
 * and takes as little as ten bytes.
 * @param times how often the image is decoded
 */
export function decodeTime(bytes: Uint8Array, header: Header, times = 1): DecodeTime {
  const { format, width, height, channels, depth, hasProfile, space } = header;
  const pixels = width * height * times;
  const sampleBytes = depth === 'uchar' || depth === 'char' ? 1 : depth === 'ushort' || depth === 'short' ? 2 : 4;
  const scans = passes(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), format);
  const profiled = hasProfile ? perProfiledPixel[space === 'cmyk' ? 'cmyk' : 'rgb'] : 0;
  const decoding = perPixel[format] ?? perByte * channels * sampleBytes;
  return {
    expected: pixels * (decoding + profiled + scans * perScan.usual) * 1e-9,
    least: format === 'jpeg' ? pixels * scans * perScan.least * 1e-9 : 0,
  };
}

/** Passes of a JPEG decoder over the whole image; 0 if it needs only one. */
function passes(bytes: Buffer, format: string): number {
  if (format === 'jpeg') {
    const frame = jpegFrame(bytes);
    if (frame === undefined || !frame.hasManyScans) return 0;
    // A scan of a component with fewer samples than pixels is shorter.
    return scansOfJpeg(bytes) * Math.min(1, frame.samplesPerPixel / frame.components);
  }
  // All tiles may be the same bytes of the file, so that each costs all scans.
  return format === 'tiff' && firstDirectory(bytes)?.first(259) === jpegInTiff ? scanMarkers(bytes) : 0;
}
