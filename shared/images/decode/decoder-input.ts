import { withExifFirst } from './png-exif.ts';
import { firstPage } from './tiff-first-page.ts';

/** What the decoder gets. */
export interface DecoderInput {
  /** The file, or a copy with a change that the decoder needs to read it as its format specifies. */
  readonly bytes: Uint8Array;
  /** `warning` where the decoder reports damage as a warning. */
  readonly failOn: 'error' | 'warning';
  /** Bytes that were copied, which decoding takes in addition. */
  readonly copiedBytes: number;
}

/** The input for the decoder; ordinary files are passed as they are. */
export function decoderInput(bytes: Uint8Array): DecoderInput {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const head = file.toString('latin1', 0, 12);
  if (head.startsWith('II') || head.startsWith('MM')) {
    const page = firstPage(file);
    // A tile that cannot be decoded stays black, with a warning.
    return input(page.bytes, page.isTiled ? 'warning' : 'error');
  }
  if (head.startsWith('\x89PNG')) return input(withExifFirst(file) ?? file);
  if (head.slice(4, 8) === 'ftyp') return input(withAvifBrand(file) ?? file);
  return { bytes, failOn: 'error', copiedBytes: 0 };

  function input(changed: Buffer, failOn: DecoderInput['failOn'] = 'error'): DecoderInput {
    return changed === file
      ? { bytes, failOn, copiedBytes: 0 }
      : { bytes: changed, failOn, copiedBytes: changed.length };
  }
}

/** Offset of the major brand in the first box, and the brands that the decoder accepts for AVIF. */
const brandAt = 8;
const accepted: ReadonlySet<string> = new Set(['avif', 'mif1']);
const maxBrandBytes = 256;

/** An AVIF whose major brand is another one, such as `avis` of sequences, with the brand of still images. */
function withAvifBrand(bytes: Buffer): Buffer | undefined {
  const end = Math.min(bytes.readUInt32BE(0), maxBrandBytes, bytes.length);
  const brands: string[] = [];
  for (let at = brandAt; at + 4 <= end; at += 4) brands.push(bytes.toString('latin1', at, at + 4));
  if (accepted.has(brands[0] ?? '') || !brands.some((brand) => brand === 'avif' || brand === 'avis')) return undefined;
  const changed = Buffer.from(bytes);
  changed.write('avif', brandAt, 'latin1');
  return changed;
}
