import fc from 'fast-check';

/** One change to a sequence of bytes. Positions are fractions of its length, so that they fit any length. */
type Mutation =
  | { readonly kind: 'flip'; readonly at: number; readonly bit: number }
  | { readonly kind: 'overwrite'; readonly at: number; readonly bytes: Uint8Array }
  | { readonly kind: 'insert'; readonly at: number; readonly bytes: Uint8Array }
  | { readonly kind: 'remove'; readonly at: number; readonly length: number }
  | { readonly kind: 'repeat'; readonly at: number; readonly length: number }
  | { readonly kind: 'truncate'; readonly at: number }
  /** Replaces a length in the file's structure: in its bytes, or in the 64 bits after a length of 1, as boxes have. */
  | { readonly kind: 'number'; readonly at: number; readonly number: Buffer; readonly isLongBox: boolean };

// Without bias, which would put most changes at the beginning.
const at = fc.noBias(fc.integer({ min: 0, max: 999_999 })).map((share) => share / 1_000_000);
const bytes = fc.uint8Array({ minLength: 1, maxLength: 16 });
const length = fc.integer({ min: 1, max: 512 });

/** Unusual lengths in 16, 32 and 64 bits, big- and little-endian. */
const number = fc
  .record({
    width: fc.constantFrom(2, 4, 8),
    value: fc.constantFrom(0, 1, 'maximum' as const, 'largest signed' as const),
    isLittle: fc.boolean(),
  })
  .map(({ width, value, isLittle }) => {
    const bytes = Buffer.alloc(width, typeof value === 'number' ? 0 : 0xff);
    if (typeof value === 'number') bytes[width - 1] = value;
    if (value === 'largest signed') bytes[0] = 0x7f;
    return isLittle ? bytes.reverse() : bytes;
  });

const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('flip' as const), at, bit: fc.nat(7) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('overwrite' as const), at, bytes }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('insert' as const), at, bytes }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('remove' as const), at, length }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('repeat' as const), at, length }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('truncate' as const), at }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('number' as const), at, number, isLongBox: fc.boolean() }) },
);

/** One of the sources with one to four random changes, some of them in its header or its lengths. */
export function mutated(sources: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> {
  const changes = fc.array(fc.record({ mutation, inHeader: fc.nat(5).map((die) => die === 0) }), {
    minLength: 1,
    maxLength: 4,
  });
  return fc
    .tuple(fc.constantFrom(...sources), changes)
    .map(([source, all]) => all.reduce<Uint8Array>((current, change) => apply(current, change), source));
}

function apply(source: Uint8Array, { mutation, inHeader }: { mutation: Mutation; inHeader: boolean }): Uint8Array {
  const position = Math.floor(mutation.at * (inHeader ? Math.min(64, source.length) : source.length));
  const [before, after] = [source.subarray(0, position), source.subarray(position)];
  switch (mutation.kind) {
    case 'flip':
      return Buffer.concat([before, Buffer.from([(after[0] ?? 0) ^ (1 << mutation.bit)]), after.subarray(1)]);
    case 'overwrite':
      return Buffer.concat([before, mutation.bytes, after.subarray(mutation.bytes.length)]);
    case 'insert':
      return Buffer.concat([before, mutation.bytes, after]);
    case 'remove':
      return Buffer.concat([before, after.subarray(mutation.length)]);
    case 'repeat':
      return Buffer.concat([before, after.subarray(0, mutation.length), after]);
    case 'truncate':
      return before;
    case 'number':
      return withNumber(source, mutation);
  }
}

function withNumber(source: Uint8Array, { at, number, isLongBox }: Mutation & { kind: 'number' }): Uint8Array {
  const fields = lengthFields(source);
  const position = fields[Math.floor(at * fields.length)] ?? 0;
  const isLong = isLongBox && number.length === 8;
  const replacement = isLong
    ? Buffer.concat([Buffer.from([0, 0, 0, 1]), source.subarray(position + 4, position + 8), number])
    : number;
  return Buffer.concat([source.subarray(0, position), replacement, source.subarray(position + replacement.length)]);
}

/** One of the sources as parsed JSON, with one random value replaced or removed. */
export function restructured(sources: readonly unknown[]): fc.Arbitrary<unknown> {
  const position = fc.noBias(fc.nat(99_999));
  const replacement = fc.option(fc.jsonValue({ maxDepth: 2 }), { nil: undefined });
  return fc.tuple(fc.constantFrom(...sources), position, replacement).map(([source, number, value]) => {
    const target = number % countValues(source);
    let index = 0;
    return JSON.parse(JSON.stringify(source, (_, old: unknown) => (index++ === target ? value : old)) ?? 'null');
  });
}

/** All values in parsed JSON, including itself. */
function countValues(source: unknown): number {
  let count = 0;
  JSON.stringify(source, (_, value: unknown) => {
    count += 1;
    return value;
  });
  return count;
}

/**
 * Places where an image file is likely to have a length, a count or an offset: before and behind the name of a chunk or
 * a box, behind a marker of JPEG, in the directory of a TIFF, behind a mark of GIF. Some guesses are wrong; a mutation
 * there is like any other.
 */
function lengthFields(bytes: Uint8Array): readonly number[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const fields = [0, ...tiffFields(buffer)];
  for (let at = 0; at < buffer.length; at += 1) {
    const [byte = 0, next = 0] = [buffer[at], buffer[at + 1]];
    if (isName(buffer, at)) fields.push(Math.max(0, at - 4), at + 4);
    if (byte === 0xff && next >= 0xc0 && next < 0xff) fields.push(at + 2);
    if (byte === 0x21 && next >= 0xf0) fields.push(at + 2);
    if (byte === 0x2c) fields.push(at + 5);
  }
  return fields;
}

/** Four letters, as `IDAT`, `VP8 ` or `meta`. */
function isName(bytes: Buffer, at: number): boolean {
  return /^[A-Za-z]{3}[A-Za-z0-9 ]$/.test(bytes.toString('latin1', at, at + 4));
}

function tiffFields(bytes: Buffer): number[] {
  const isLittle = bytes.toString('latin1', 0, 4) === 'II*\0';
  if (bytes.length < 8 || !(isLittle || bytes.toString('latin1', 0, 4) === 'MM\0*')) return [];
  const start = isLittle ? bytes.readUInt32LE(4) : bytes.readUInt32BE(4);
  if (start + 2 > bytes.length) return [4];
  const count = isLittle ? bytes.readUInt16LE(start) : bytes.readUInt16BE(start);
  const entries = Array.from({ length: count }, (_, index) => start + 2 + index * 12);
  return [4, start, start + 2 + count * 12, ...entries.flatMap((entry) => [entry + 4, entry + 8])];
}
