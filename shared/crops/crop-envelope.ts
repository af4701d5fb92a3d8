import { z } from 'zod';
import { messageJson } from '../events/message-json.ts';
import { Failure } from '../failures/failure.ts';
import { firstIssue } from '../failures/first-issue.ts';
import type { CropTensorLayout } from '../images/crop-tensor.ts';
import { maxRegions } from '../models/regions-rule.ts';
import type { CropMessage, RegionCrops } from './crop-message.ts';

/** The byte range of a pack that holds pixels of an image's crops. */
export interface PackedSlice {
  readonly bucket: string;
  readonly key: string;
  /** Bytes from the start of the object. */
  readonly offset: number;
  readonly length: number;
}

/** A crop message as a queue of text carries it: with its pixels, or with the slices of the packs that hold them. */
export type CropEnvelope = Omit<CropMessage, 'tensor' | 'regions' | 'fault'> & {
  readonly tensor: CropTensorLayout & ({ readonly pixels: Uint8Array } | { readonly slice: PackedSlice });
  readonly regions?: Omit<RegionCrops, 'pixels'> &
    (Pick<RegionCrops, 'pixels'> | { readonly slices: readonly PackedSlice[] });
};

const size = z.int().positive();
const perChannel = z.tuple([z.number(), z.number(), z.number()]);
const timestamp = z.iso.datetime().transform((text) => new Date(text));

const slice = z.object({
  bucket: z.string().min(1),
  key: z.string().min(1),
  offset: z.int().nonnegative(),
  length: z.int().positive(),
});

/** x, y, width, height, objectness: as names in every box they would double a message of a thousand. */
const box = z.tuple([z.int().nonnegative(), z.int().nonnegative(), size, size, z.number().min(0).max(1)]);

const isEither = ({ data, slice, slices }: { data?: unknown; slice?: unknown; slices?: unknown }) =>
  (data === undefined) !== ((slice ?? slices) === undefined);

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
  regions: z
    .object({
      boxes: z.array(box).max(maxRegions),
      /** Base64 of all crops. */
      data: z.string().optional(),
      slices: z.array(slice).max(maxRegions).optional(),
    })
    .refine(isEither, 'expected either data or slices')
    .optional(),
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
      slice: slice.optional(),
    })
    .refine(isEither, 'expected either data or slice'),
});

/** The envelope as JSON; its pixels as base64, about 200 KB for 224 × 224. */
export function encodeCropEnvelope(envelope: CropEnvelope): string {
  const { tensor, regions, ...rest } = envelope;
  const { count, height, width, scale, zeroPoint } = tensor;
  const wire: z.input<typeof wireSchema> = {
    v: 2,
    ...rest,
    eventTime: rest.eventTime.toISOString(),
    ingestedAt: rest.ingestedAt.toISOString(),
    ...(regions && { regions: wireRegions(regions) }),
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

function wireRegions(regions: NonNullable<CropEnvelope['regions']>): z.input<typeof wireSchema>['regions'] {
  const { boxes } = regions;
  return {
    boxes: boxes.map(({ x, y, width, height, objectness }) => [x, y, width, height, objectness]),
    ...('pixels' in regions ? { data: base64(Buffer.concat(regions.pixels)) } : { slices: [...regions.slices] }),
  };
}

/**
 * Parses a message body. It does not compare the number of pixels with the shape: `checkCrop` does, which can name the
 * image.
 * @throws {Failure} `invalid_crop` with the first problem
 */
export function decodeCropEnvelope(body: string): CropEnvelope {
  const { head, pixels } = split(body);
  const { v: _, tensor, regions, ...rest } = parseWire(head);
  const { shape, scale, zeroPoint, data = '', slice } = tensor;
  const [count, height, width] = shape;
  const type = { count, height, width, scale, zeroPoint };
  return {
    ...rest,
    ...(regions && { regions: regionsOf(regions) }),
    tensor: slice ? { ...type, slice } : { ...type, pixels: Buffer.from(pixels ?? data, 'base64') },
  };
}

function regionsOf({ boxes, data = '', slices }: NonNullable<z.output<typeof wireSchema>['regions']>) {
  return {
    boxes: boxes.map(([x, y, width, height, objectness]) => ({ x, y, width, height, objectness })),
    ...(slices ? { slices } : { pixels: data === '' ? [] : [Buffer.from(data, 'base64')] }),
  };
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
