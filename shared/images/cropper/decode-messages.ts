import { z } from 'zod';
import { type FailureReason, failureReasons } from '../../failures/failure.ts';
import { cropBytes } from '../../models/crops-of-image.ts';
import type { DecodeLimits } from '../decode/identify.ts';
import type { DecodeJob, DecodeResult } from './decode-job.ts';

/** Starts a job in a decoder process; the bytes of the image follow through its standard input. */
export interface JobRequest {
  readonly kind: 'job';
  readonly job: DecodeJob;
  readonly limits: DecodeLimits;
  /** Length of the file. */
  readonly bytes: number;
  /** The most memory that decoding may use, bytes. */
  readonly memoryBytes: number;
}

/** Answers a `hold`: the process may go on. */
interface Grant {
  readonly kind: 'grant';
  readonly id: number;
}

export type DecoderRequest = JobRequest | Grant;

/** What a decoder process reports. */
export type DecoderReport =
  | { readonly kind: 'ready' }
  /** It waits for this much memory; `all` of the budget. */
  | { readonly kind: 'hold'; readonly id: number; readonly bytes: number | 'all' }
  | { readonly kind: 'release'; readonly id: number }
  /** @param residentBytes memory of the process after the job */
  | { readonly kind: 'done'; readonly result: DecodeResult; readonly residentBytes: number }
  | {
      readonly kind: 'failed';
      readonly reason: FailureReason;
      readonly message: string;
      readonly residentBytes: number;
    };

const bytes = z.number().nonnegative();
const count = z.int().positive();
const pixels = z.instanceof(Uint8Array);
const perChannel = z.tuple([z.number(), z.number(), z.number()]);
const tensor = z
  .object({
    count,
    height: count,
    width: count,
    scale: perChannel,
    zeroPoint: perChannel,
    pixels,
  })
  .refine((value) => value.pixels.byteLength === cropBytes(value));
const image = { width: count, height: count, format: z.string() };
const picture = z
  .object({ pixels, width: count, height: count })
  .refine((value) => value.pixels.byteLength === value.width * value.height * 3);
const offset = z.int().nonnegative();
const box = z.object({ x: offset, y: offset, width: count, height: count, objectness: z.number().min(0).max(1) });
const regions = z
  .object({ boxes: z.array(box), pixels: z.array(pixels) })
  .refine((value) => value.boxes.length === value.pixels.length);
const result = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('crop'), image: z.object({ tensor, regions: regions.exactOptional(), ...image }) }),
  z.object({ kind: z.literal('picture'), image: z.object({ picture, ...image }) }),
  z.object({ kind: z.literal('thumbnail'), webp: pixels }),
]);

/** A report as it arrives: an image may have taken the process over. */
export const decoderReport: z.ZodType<DecoderReport> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('ready') }),
  z.object({ kind: z.literal('hold'), id: count, bytes: z.union([bytes, z.literal('all')]) }),
  z.object({ kind: z.literal('release'), id: count }),
  z.object({ kind: z.literal('done'), result, residentBytes: bytes }),
  z.object({
    kind: z.literal('failed'),
    reason: z.custom<FailureReason>((reason) => typeof reason === 'string' && Object.hasOwn(failureReasons, reason)),
    message: z.string().max(10_000),
    residentBytes: bytes,
  }),
]);
