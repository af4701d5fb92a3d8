import { z } from 'zod';
import { Failure } from './failure.ts';
import { firstIssue } from './first-issue.ts';
import type { ImageVersion } from './image.ts';
import { messageJson } from './message-json.ts';

/** One mean-subtracted crop on its way to the network. */
export interface CropMessage {
  readonly image: ImageVersion;
  readonly job: string;
  /** Of the upright original, pixels. */
  readonly width: number;
  readonly height: number;
  /** Of the original's content: `jpeg`, `png`, ... */
  readonly format: string;
  /** Of the original object. */
  readonly bytes: number;
  /** Digest of the rule that made the crop. */
  readonly preprocess: string;
  readonly eventTime: Date;
  readonly ingestedAt: Date;
  readonly tensor: QuantisedCrop;
}

/**
 * A crop with its mean subtracted, as an affine-quantised array: value = scale × (pixel − zeroPoint), per channel.
 * With scale 1 and the channel means as zero-point that is crop − mean, exactly, in a quarter of float32's bytes.
 */
export interface QuantisedCrop {
  readonly height: number;
  readonly width: number;
  readonly scale: readonly [number, number, number];
  readonly zeroPoint: readonly [number, number, number];
  /** height × width × 3 bytes, RGB interleaved. */
  readonly pixels: Uint8Array;
}

const size = z.int().positive();
const perChannel = z.tuple([z.number(), z.number(), z.number()]);
const timestamp = z.iso.datetime().transform((text) => new Date(text));

const wireSchema = z.object({
  v: z.literal(1),
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
  eventTime: timestamp,
  ingestedAt: timestamp,
  tensor: z.object({
    dtype: z.literal('uint8'),
    layout: z.literal('HWC'),
    order: z.literal('RGB'),
    shape: z.tuple([size, size, z.literal(3)]),
    scale: perChannel,
    zeroPoint: perChannel,
    data: z.string(),
  }),
});

/** The message as JSON text, the pixels as base64: about 200 KB for 224 × 224. */
export function encodeCropMessage(message: CropMessage): string {
  const { tensor, ...rest } = message;
  const { pixels, height, width, scale, zeroPoint } = tensor;
  const data = Buffer.from(pixels.buffer, pixels.byteOffset, pixels.byteLength).toString('base64');
  const wire: z.input<typeof wireSchema> = {
    v: 1,
    ...rest,
    eventTime: rest.eventTime.toISOString(),
    ingestedAt: rest.ingestedAt.toISOString(),
    tensor: {
      dtype: 'uint8',
      layout: 'HWC',
      order: 'RGB',
      shape: [height, width, 3],
      scale: [...scale],
      zeroPoint: [...zeroPoint],
      data,
    },
  };
  return messageJson(wire);
}

/**
 * A message body as a crop. Whether its pixels are as many as its shape says is for `checkCrop` to find, which can name
 * the image.
 * @throws {Failure} `invalid_crop` naming what was expected and what came.
 */
export function decodeCropMessage(body: string): CropMessage {
  const wire = parseWire(body);
  const { v: _, tensor, ...rest } = wire;
  const [height, width] = tensor.shape;
  const pixels = Buffer.from(tensor.data, 'base64');
  return { ...rest, tensor: { height, width, scale: tensor.scale, zeroPoint: tensor.zeroPoint, pixels } };
}

function parseWire(body: string): z.output<typeof wireSchema> {
  try {
    return wireSchema.parse(JSON.parse(body));
  } catch (cause) {
    throw new Failure('invalid_crop', `expected a crop message of version 1: ${firstIssue(cause)}`, { cause });
  }
}

/** How crops travel in a queue of texts. */
export const cropCodec = { encode: encodeCropMessage, decode: decodeCropMessage };
