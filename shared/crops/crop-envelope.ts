import { z } from 'zod';
import { messageJson } from '../events/message-json.ts';
import { Failure } from '../failures/failure.ts';
import { firstIssue } from '../failures/first-issue.ts';
import type { CropTensorLayout } from '../images/crop-tensor.ts';
import type { CropMessage } from './crop-message.ts';

/** Where the pixels of crops lie when they are not in the message: part of a packed object. */
export interface PackedSlice {
  readonly bucket: string;
  readonly key: string;
  /** Bytes from the beginning of the object. */
  readonly offset: number;
  readonly length: number;
}

/** A crop message as it travels in a queue of texts: with its pixels, or with the place where they are. */
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
      /** Base64; not checked sign by sign, since that takes as long as parsing it all: a wrong length tells. */
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

/** The envelope as JSON text; pixels within it as base64, about 200 KB for 224 × 224. */
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
 * A message body as an envelope. Whether its pixels are as many as its shape says is for `checkCrop` to find, which can
 * name the image.
 * @throws {Failure} `invalid_crop` naming what was expected and what came.
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
 * Takes the base64 out of a body as `encodeCropEnvelope` writes it, with `data` as the last field, and leaves an empty one
 * in its place: parsed as a part of the JSON, its 200 KB would be read sign by sign and copied. Any other body is left as
 * it is.
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

/** How envelopes travel in a queue of texts. */
export const cropEnvelopeCodec = { encode: encodeCropEnvelope, decode: decodeCropEnvelope };
