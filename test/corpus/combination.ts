/** A file that a generator makes, in one combination of what its format allows. */
export interface Combination {
  readonly format: string;
  /** Color space and depth: a row of the table. */
  readonly pixels: string;
  readonly variant: string;
  readonly make: () => Promise<Uint8Array>;
  /** What the file does not say, and both decoders must assume alike. */
  readonly assumed?: 'cmyk' | 'linear light';
  /** By the number of EXIF, where the independent decoder ignores it. @default what the file says */
  readonly orientation?: number;
  /** Decode with libtiff's own program, where the independent decoder is known to be wrong. */
  readonly usesLibtiff?: boolean;
  /** The pixels as a PNG, where the independent decoder is known to be wrong. */
  readonly known?: () => Promise<Uint8Array>;
}

/** Every combination of one value of each list. */
export function combine<A, B, C, D>(
  ...[first, second, third, fourth]: [readonly A[], readonly B[], readonly C[], readonly D[]]
): [A, B, C, D][] {
  return first.flatMap((a) =>
    second.flatMap((b) => third.flatMap((c) => fourth.map((d): [A, B, C, D] => [a, b, c, d]))),
  );
}

/** The parts of a variant's name, without empty ones. */
export function named(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(', ');
}
