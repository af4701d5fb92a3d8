import pMap from 'p-map';
import { Failure } from '../failures/failure.ts';
import { type RetryOptions, retry } from '../flow/retry.ts';
import { type CropTensorLayout, tensorBytes } from '../images/crop-tensor.ts';
import type { Delivery, ObjectStore } from '../stores/ports.ts';
import type { CropEnvelope, PackedSlice } from './crop-envelope.ts';
import type { CropMessage } from './crop-message.ts';
import { type JoinedSlices, joinSlices } from './join-slices.ts';

/** Reads under way at the same time. */
const concurrency = 8;
/** More than 144 crops of 299 × 299: what a message asks to be held at once must have a bound. */
const maxSliceBytes = 64 * 2 ** 20;
/** Of a read whose failure may pass: they last 7.75 seconds at most, beside what they take themselves. */
const triesOfRead = 6;

export interface ResolveOptions extends Pick<RetryOptions, 'attempts' | 'signal' | 'onFailure'> {
  /** Why nothing should be read for a message. @default nothing is wrong with any */
  readonly mismatchOf?: (envelope: CropEnvelope) => Failure | undefined;
}

/** A slice that is wanted, for the delivery at a place in what was given. */
interface Wanted extends PackedSlice {
  readonly index: number;
}

/**
 * Deliveries with the pixels that their messages point to, read in few requests. Pixels that cannot be had become the
 * `fault` of their message, so that a row can name the image, and spoil none of their neighbours. A read that fails is
 * tried again for some seconds where that may pass. Never throws.
 */
export async function resolveCrops(
  deliveries: readonly Delivery<CropEnvelope>[],
  objects: Pick<ObjectStore, 'readRange'>,
  { mismatchOf = () => undefined, attempts = triesOfRead, ...retrying }: ResolveOptions = {},
): Promise<Delivery<CropMessage>[]> {
  const wanted: Wanted[] = [];
  const pixels = new Map<number, Uint8Array | Failure>();
  for (const [index, { body }] of deliveries.entries()) {
    if (body instanceof Failure || !('slice' in body.tensor)) continue;
    const misfit = mismatchOf(body) ?? checkSlice(body.tensor, body.tensor.slice);
    if (misfit) pixels.set(index, misfit);
    else wanted.push({ index, ...body.tensor.slice });
  }
  const byObject = Map.groupBy(wanted, ({ bucket, key }) => JSON.stringify([bucket, key]));
  const reads = [...byObject.values()].flatMap((slices) => joinSlices(slices));
  await pMap(
    reads,
    async (read) => {
      for (const [index, part] of await partsOf(read, objects, { attempts, ...retrying })) pixels.set(index, part);
    },
    { concurrency },
  );
  return deliveries.map(({ body, ...delivery }, index) => ({
    ...delivery,
    body: body instanceof Failure ? body : messageOf(body, pixels.get(index)),
  }));
}

function checkSlice(tensor: CropTensorLayout, { length }: PackedSlice): Failure | undefined {
  const bytes = tensorBytes(tensor);
  if (length !== bytes) {
    return new Failure('invalid_crop', `expected a pointer to ${bytes} bytes of pixels, got one to ${length}`);
  }
  if (length <= maxSliceBytes) return undefined;
  return new Failure('invalid_crop', `expected at most ${maxSliceBytes} bytes of pixels, got a pointer to ${length}`);
}

/** What one read gives to each of its slices. */
async function partsOf(
  { offset, length, slices }: JoinedSlices<Wanted>,
  objects: Pick<ObjectStore, 'readRange'>,
  retrying: RetryOptions,
): Promise<[index: number, part: Uint8Array | Failure][]> {
  const [first] = slices;
  if (first === undefined) return [];
  const { bucket, key } = first;
  const read = () => objects.readRange({ bucket, key }, { offset, length });
  const bytes = await retry(read, retrying).catch((error: unknown) => {
    return readFailure(`${bucket}/${key}`, Failure.from(error));
  });
  return slices.map((slice) => [slice.index, bytes instanceof Failure ? bytes : partOf(bytes, offset, slice)]);
}

/** A view of what was read; nothing is copied. */
function partOf(bytes: Uint8Array, start: number, { bucket, key, offset, length }: PackedSlice): Uint8Array | Failure {
  const part = bytes.subarray(offset - start, offset - start + length);
  if (part.byteLength === length) return part;
  return new Failure(
    'invalid_crop',
    `expected ${length} bytes of pixels from byte ${offset} on of ${bucket}/${key}, which has ${part.byteLength} there`,
  );
}

/**
 * The fault of an image whose pixels cannot be read. That they may not be read is no word on the image, which was read
 * long ago: it is tried again, since S3 says so of what is not there too, to a caller who may not list the bucket.
 */
function readFailure(object: string, { isTransient, reason, message, cause }: Failure): Failure {
  const passing = isTransient ? reason : reason === 'unreadable' ? 'unavailable' : undefined;
  if (passing) return new Failure(passing, `the packed crops ${object} could not be read: ${message}`, { cause });
  return new Failure('crops_gone', `expected the packed crops ${object}, they cannot be had: ${message}`, { cause });
}

function messageOf({ tensor, ...rest }: CropEnvelope, pixels: Uint8Array | Failure | undefined): CropMessage {
  if ('pixels' in tensor) return { ...rest, tensor };
  const { slice: _, ...type } = tensor;
  if (pixels instanceof Uint8Array) return { ...rest, tensor: { ...type, pixels } };
  const fault = pixels ?? new Failure('internal', 'the reads gave no outcome for these crops');
  return { ...rest, tensor: { ...type, pixels: new Uint8Array() }, fault };
}
