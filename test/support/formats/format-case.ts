import type { FailureReason } from '../../../shared/failures/failure.ts';

/** A file, and what is to become of it. */
export interface FormatCase {
  readonly format: string;
  readonly variant: string;
  readonly outcome: SamePicture | Refused;
  readonly make: () => Promise<Uint8Array> | Uint8Array;
  /** A PNG with the pixels that are to be seen; the scene where there is none. */
  readonly like?: () => Promise<Uint8Array>;
}

export interface SamePicture {
  /** As the crop names it. */
  readonly format: string;
  /** Mean difference from the crop of the PNG, of 256 steps. */
  readonly within: number;
}

export interface Refused {
  readonly reason: FailureReason;
  /** What the row says. */
  readonly detail: string;
}

type Variant = readonly [
  variant: string,
  outcome: number | Refused,
  make: FormatCase['make'],
  like?: () => Promise<Uint8Array>,
];

/** The variants of one format: a number is the difference allowed. */
export function casesOf(format: string, name: string, variants: readonly Variant[]): FormatCase[] {
  return variants.map(([variant, outcome, make, like]) => ({
    format,
    variant,
    outcome: typeof outcome === 'number' ? { format: name, within: outcome } : outcome,
    make,
    ...(like && { like }),
  }));
}

const expected = 'expected JPEG, PNG, WebP, AVIF, TIFF or GIF';

export function unsupported(got: string): Refused {
  return { reason: 'unsupported_format', detail: `${expected}, got ${got}` };
}

export function notAnImage(got: string): Refused {
  return { reason: 'not_an_image', detail: `${expected}, got ${got}` };
}

export function refused(reason: FailureReason, detail: string): Refused {
  return { reason, detail };
}

export function half(bytes: Uint8Array): Uint8Array {
  return bytes.subarray(0, bytes.length >> 1);
}
