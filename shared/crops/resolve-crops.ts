import pMap from 'p-map';
import { Failure } from '../failures/failure.ts';
import { type RetryOptions, retry } from '../flow/retry.ts';
import { cropBytes, maxCropBytes } from '../models/crops-of-image.ts';
import type { Delivery, ObjectStore } from '../stores/ports.ts';
import type { CropEnvelope, PackedSlice } from './crop-envelope.ts';
import type { CropMessage } from './crop-message.ts';
import { type JoinedSlices, joinSlices } from './join-slices.ts';

/** Reads that run at the same time. */
const concurrency = 8;
/** Attempts of a read; the pauses between them take at most 7.75 seconds. */
const readAttempts = 6;

export interface ResolveOptions extends Pick<RetryOptions, 'attempts' | 'signal' | 'onFailure'> {
  /** Why a message is rejected before its pixels are read. @default no message is */
  readonly mismatchOf?: (envelope: CropEnvelope) => Failure | undefined;
}

/** A slice to read, with the index of its delivery and its position among the slices of that delivery. */
interface SliceToRead extends PackedSlice {
  readonly index: number;
  readonly position: number;
}

/** The pixels of each slice of a delivery, or the first failure. */
type ReadPixels = (Uint8Array | undefined)[] | Failure;

/**
 * Reads the pixels that messages point to, in few requests. If they cannot be read, the failure becomes the `fault` of their
 * message, so that a row can name the image, and other messages are not affected. A transient failure is retried for some
 * seconds. Never throws.
 */
export async function resolveCrops(
  deliveries: readonly Delivery<CropEnvelope>[],
  objects: Pick<ObjectStore, 'readRange'>,
  { mismatchOf = () => undefined, attempts = readAttempts, ...retrying }: ResolveOptions = {},
): Promise<Delivery<CropMessage>[]> {
  const slicesToRead: SliceToRead[] = [];
  const pixels = new Map<number, ReadPixels>();
  for (const [index, { body }] of deliveries.entries()) {
    if (body instanceof Failure) continue;
    const slices = slicesOf(body);
    if (slices.length === 0) continue;
    const mismatch = mismatchOf(body) ?? checkSlices(body);
    pixels.set(index, mismatch ?? slices.map(() => undefined));
    if (mismatch === undefined) slicesToRead.push(...slices.map((slice, position) => ({ index, position, ...slice })));
  }
  const byObject = Map.groupBy(slicesToRead, ({ bucket, key }) => JSON.stringify([bucket, key]));
  const reads = [...byObject.values()].flatMap((slices) => joinSlices(slices));
  await pMap(
    reads,
    async (read) => {
      for (const [{ index, position }, result] of await readSlices(read, objects, { attempts, ...retrying })) {
        const found = pixels.get(index);
        if (found === undefined || found instanceof Failure) continue;
        if (result instanceof Failure) pixels.set(index, result);
        else found[position] = result;
      }
    },
    { concurrency },
  );
  return deliveries.map(({ body, ...delivery }, index) => ({
    ...delivery,
    body: body instanceof Failure ? body : messageOf(body, pixels.get(index)),
  }));
}

/** The slices of an envelope: of the crops of the whole image, then of its regions. */
function slicesOf({ tensor, regions }: CropEnvelope): readonly PackedSlice[] {
  return [
    ...('slice' in tensor ? [tensor.slice] : []),
    ...(regions !== undefined && 'slices' in regions ? regions.slices : []),
  ];
}

function checkSlices(envelope: CropEnvelope): Failure | undefined {
  const { tensor, regions } = envelope;
  const ofImage = 'slice' in tensor ? checkLength(tensor.slice.length, cropBytes(tensor)) : undefined;
  return ofImage ?? (regions && checkRegions(regions, tensor)) ?? checkTotal(slicesOf(envelope));
}

function checkRegions(
  regions: NonNullable<CropEnvelope['regions']>,
  tensor: CropEnvelope['tensor'],
): Failure | undefined {
  if (!('slices' in regions)) return undefined;
  const { boxes, slices } = regions;
  const crop = cropBytes({ ...tensor, count: 1 });
  if (slices.some(({ length }) => length % crop !== 0)) {
    return new Failure('invalid_crop', `expected pointers to whole crops of regions, of ${crop} bytes each`);
  }
  return checkLength(totalLength(slices), crop * boxes.length);
}

function checkLength(length: number, expected: number): Failure | undefined {
  if (length === expected) return undefined;
  return new Failure('invalid_crop', `expected a pointer to ${expected} bytes of pixels, received one to ${length}`);
}

function checkTotal(slices: readonly PackedSlice[]): Failure | undefined {
  const bytes = totalLength(slices);
  if (bytes <= maxCropBytes) return undefined;
  return new Failure(
    'invalid_crop',
    `expected pointers to at most ${maxCropBytes} bytes of pixels, received some to ${bytes}`,
  );
}

function totalLength(slices: readonly PackedSlice[]): number {
  return slices.reduce((sum, { length }) => sum + length, 0);
}

/** Reads a range once; its bytes, or the failure, for each slice. */
async function readSlices(
  { offset, length, slices }: JoinedSlices<SliceToRead>,
  objects: Pick<ObjectStore, 'readRange'>,
  retrying: RetryOptions,
): Promise<[slice: SliceToRead, pixels: Uint8Array | Failure][]> {
  const [first] = slices;
  if (first === undefined) return [];
  const { bucket, key } = first;
  const read = () => objects.readRange({ bucket, key }, { offset, length });
  const bytes = await retry(read, retrying).catch((error: unknown) => {
    return readFailure(`${bucket}/${key}`, Failure.from(error));
  });
  return slices.map((slice) => [slice, bytes instanceof Failure ? bytes : sliceOf(bytes, offset, slice)]);
}

/** A view of the bytes that were read, not a copy. */
function sliceOf(bytes: Uint8Array, start: number, { bucket, key, offset, length }: PackedSlice): Uint8Array | Failure {
  const pixels = bytes.subarray(offset - start, offset - start + length);
  if (pixels.byteLength === length) return pixels;
  return new Failure(
    'invalid_crop',
    `expected ${length} bytes of pixels at byte ${offset} of ${bucket}/${key}, which has ${pixels.byteLength} there`,
  );
}

/**
 * The fault of an image whose pixels cannot be read. `unreadable` is not permanent here: S3 denies access to an object that
 * does not exist if the caller may not list the bucket, and the image itself was readable before.
 */
function readFailure(object: string, { isTransient, reason, message, cause }: Failure): Failure {
  const transient = isTransient ? reason : reason === 'unreadable' ? 'unavailable' : undefined;
  if (transient) return new Failure(transient, `the packed crops ${object} could not be read: ${message}`, { cause });
  return new Failure('crops_gone', `the packed crops ${object} no longer exist: ${message}`, { cause });
}

function messageOf(envelope: CropEnvelope, read: ReadPixels = []): CropMessage {
  const { tensor, regions, ...rest } = envelope;
  const { count, height, width, scale, zeroPoint } = tensor;
  const layout = { count, height, width, scale, zeroPoint };
  const message = (pixels: Uint8Array, ofRegions: readonly Uint8Array[]) => ({
    ...rest,
    tensor: { ...layout, pixels },
    ...(regions && { regions: { boxes: regions.boxes, pixels: ofRegions } }),
  });
  const found = read instanceof Failure ? [] : read.filter((pixels) => pixels !== undefined);
  if (read instanceof Failure || found.length !== slicesOf(envelope).length) {
    const missing = new Failure('internal', 'the read returned no pixels for these crops');
    return { ...message(new Uint8Array(), []), fault: read instanceof Failure ? read : missing };
  }
  const [first = new Uint8Array(), ...others] = found;
  const ofRegions = regions !== undefined && 'pixels' in regions ? regions.pixels : 'slice' in tensor ? others : found;
  return message('pixels' in tensor ? tensor.pixels : first, ofRegions);
}
