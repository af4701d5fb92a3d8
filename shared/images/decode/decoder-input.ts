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
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = buffer.toString('latin1', 0, 2);
  if (magic !== 'II' && magic !== 'MM') return { bytes, failOn: 'error', copiedBytes: 0 };
  const page = firstPage(buffer);
  // A tile that cannot be decoded stays black, with a warning.
  return {
    bytes: page.bytes,
    failOn: page.isTiled ? 'warning' : 'error',
    copiedBytes: page.bytes === buffer ? 0 : buffer.length,
  };
}
