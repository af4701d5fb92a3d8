import type { FailureReason } from '../../../shared/failures/failure.ts';

/** A file and the expected outcome. */
export interface FormatCase {
  readonly format: string;
  readonly variant: string;
  readonly outcome: Decoded | Rejected;
  readonly make: () => Promise<Uint8Array> | Uint8Array;
  /** A PNG with the expected pixels. @default the scene */
  readonly reference?: () => Promise<Uint8Array>;
}

export interface Decoded {
  /** Of the cropped image. */
  readonly format: string;
  /** Maximum mean difference from the crop of the PNG, of 256 steps. */
  readonly within: number;
}

export interface Rejected {
  readonly reason: FailureReason;
  readonly detail: string;
}

type Variant = readonly [
  variant: string,
  outcome: number | Rejected,
  make: FormatCase['make'],
  reference?: () => Promise<Uint8Array>,
];

/** The variants of one format; a number is the maximum difference. */
export function casesOf(format: string, name: string, variants: readonly Variant[]): FormatCase[] {
  return variants.map(([variant, outcome, make, reference]) => ({
    format,
    variant,
    outcome: typeof outcome === 'number' ? { format: name, within: outcome } : outcome,
    make,
    ...(reference && { reference }),
  }));
}

const formats = 'JPEG, PNG, WebP, AVIF, TIFF or GIF';
const action = `save the image as ${formats}`;
/** Of bytes without a known signature. */
export const unknownFormat = `an unknown format: if it is an image, save it as ${formats}`;

export function unsupported(received: string): Rejected {
  return { reason: 'unsupported_format', detail: `${received}: ${action}` };
}

export function notAnImage(detail: string): Rejected {
  return { reason: 'not_an_image', detail };
}

export function rejected(reason: FailureReason, detail: string): Rejected {
  return { reason, detail };
}

export function half(bytes: Uint8Array): Uint8Array {
  return bytes.subarray(0, bytes.length >> 1);
}
