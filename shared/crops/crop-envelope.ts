import { z } from 'zod';
import { messageJson } from '../events/message-json.ts';
import { Failure } from '../failures/failure.ts';
import { firstIssue } from '../failures/first-issue.ts';
import type { CropTensorLayout } from '../images/crop-tensor.ts';
import type { CropMessage } from './crop-message.ts';

/** The byte range of a pack that holds the pixels of an image's crops. */
export interface PackedSlice {
  readonly bucket: string;
  readonly key: string;
  /** Bytes from the start of the object. */
  readonly offset: number;
  readonly length: number;
}

/** A crop message as a queue of text carries it: with its pixels, or with the slice of the pack that holds them. */
export type CropEnvelope = Omit<CropMessage, 'tensor' | 'fault'> & {
  readonly tensor: CropTensorLayout & ({ readonly pixels: Uint8Array } | { readonly slice: PackedSlice });
};

const size = z.int().positive();
const perChannel = z.tuple([z.number(), z.number(), z.number()]);
const timestamp = z.iso.datetime().transform((text) => new Date(text));

const wireSchema = z.object({
  v: z.literal(2),
  image: z.object({
    bucket: z.string().min(1),
    key: z.string().min(1),
    etag: z.string(),
    versionId: z.string().optional(),
  }),
  job: z.string(),
  width: size,
  height: size,
  format: z.string(),
  bytes: z.int().nonnegative(),
  preprocess: z.string(),
  sequencer: z.string().optional(),
  eventTime: timestamp,
  ingestedAt: timestamp,
  tensor: z
    .object({
      dtype: z.literal('uint8'),
      layout: z.literal('NHWC'),
      order: z.literal('RGB'),
      shape: z.tuple([size, size, size, z.literal(3)]),
      scale: perChannel,
      zeroPoint: perChannel,
      /** Base64. Its characters are not checked, which would double the parsing time; `checkCrop` finds a wrong length. */
      data: z.string().optional(),
      slice: z
        .object({
          bucket: z.string().min(1),
          key: z.string().min(1),
          offset: z.int().nonnegative(),
          length: z.int().positive(),
        })
        .optional(),
    })
    .refine(({ data, slice }) => (data === undefined) !== (slice === undefined), 'expected either data or slice'),
});

/** The envelope as JSON; its pixels as base64, about 200 KB for 224 × 224. */
export function encodeCropEnvelope(envelope: CropEnvelope): string {
  const { tensor, ...rest } = envelope;
  const { count, height, width, scale, zeroPoint } = tensor;
  const wire: z.input<typeof wireSchema> = {
    v: 2,
    ...rest,
    eventTime: rest.eventTime.toISOString(),
    ingestedAt: rest.ingestedAt.toISOString(),
    tensor: {
      dtype: 'uint8',
      layout: 'NHWC',
      order: 'RGB',
      shape: [count, height, width, 3],
      scale: [...scale],
      zeroPoint: [...zeroPoint],
      ...('pixels' in tensor ? { data: base64(tensor.pixels) } : { slice: tensor.slice }),
    },
  };
  return messageJson(wire);
}

/**
 * Parses a message body. It does not compare the number of pixels with the shape: `checkCrop` does, which can name the
 * image.
 * @throws {Failure} `invalid_crop` with the first problem
 */
export function decodeCropEnvelope(body: string): CropEnvelope {
  const { head, pixels } = split(body);
  const { v: _, tensor, ...rest } = parseWire(head);
  const { shape, scale, zeroPoint, data = '', slice } = tensor;
  const [count, height, width] = shape;
  const type = { count, height, width, scale, zeroPoint };
  return { ...rest, tensor: slice ? { ...type, slice } : { ...type, pixels: Buffer.from(pixels ?? data, 'base64') } };
}

const opening = '"data":"';
const closing = '"}}';

/**
 * Cuts the base64 out of a body in the format of `encodeCropEnvelope`, where `data` is the last field: the JSON parser would
 * read and copy its 200 KB character by character. Any other body is returned unchanged.
 */
function split(body: string): { head: string; pixels?: string } {
  const start = body.indexOf(opening) + opening.length;
  const end = body.indexOf('"', start);
  const isLast = start >= opening.length && end === body.length - closing.length && body.endsWith(closing);
  if (!isLast || body.lastIndexOf('\\', end) >= start) return { head: body };
  return { head: `${body.slice(0, start)}${closing}`, pixels: body.slice(start, end) };
}

function parseWire(body: string): z.output<typeof wireSchema> {
  try {
    return wireSchema.parse(JSON.parse(body));
  } catch (cause) {
    throw new Failure('invalid_crop', `expected a crop message of version 2: ${firstIssue(cause)}`, { cause });
  }
}

function base64(pixels: Uint8Array): string {
  return Buffer.from(pixels.buffer, pixels.byteOffset, pixels.byteLength).toString('base64');
}

export const cropEnvelopeCodec = { encode: encodeCropEnvelope, decode: decodeCropEnvelope };
