import { Failure, type FailureReason } from '../../shared/failures/failure.ts';
import { defaultDecodeLimits } from '../../shared/images/decode/identify.ts';
import { cropImage } from '../../shared/images/preprocess/crop-image.ts';
import { type Preprocess, preprocessWithDecodeRule } from '../../shared/models/model-manifest.ts';
import { smallRule } from '../support/formats/rules.ts';
import type { Combination } from './combination.ts';
import type { IndependentDecoder } from './independent-decoder.ts';

/** Result of a combination: its difference from the independent decoder, of 256 steps, or why it was rejected. */
export type Result =
  | { readonly combination: Combination; readonly mean: number; readonly max: number }
  | { readonly combination: Combination; readonly reason: FailureReason; readonly detail: string };

/** An image of almost its own size, so that few differences are averaged away. */
const rule = {
  ...smallRule(),
  resize: { rule: 'warp', width: 96, height: 96 },
  crop: { rule: 'center', width: 90, height: 90 },
} as const;

/** An image of less than a quarter of its sides, which the decoder of JPEG halves first. */
export const halved: Preprocess = {
  ...rule,
  resize: { rule: 'warp', width: 15, height: 15 },
  crop: { rule: 'center', width: 15, height: 15 },
  decode: 'scaled',
};

/** @param used for the image; the reference decodes all pixels */
export async function compare(
  combination: Combination,
  decoder: IndependentDecoder,
  used: Preprocess = rule,
): Promise<Result> {
  const bytes = await combination.make();
  const pixelsOf = async (file: Uint8Array, by: Preprocess) =>
    (await cropImage(file, by, defaultDecodeLimits)).tensor.pixels;
  const decoded = await pixelsOf(bytes, used).catch(Failure.from);
  if (decoded instanceof Failure) return { combination, reason: decoded.reason, detail: decoded.message };
  const known = await (combination.known?.() ?? decoder.decode(bytes, combination));
  const reference = await pixelsOf(known, preprocessWithDecodeRule(used, 'exact'));
  const differences = decoded.map((value, index) => Math.abs(value - (reference[index] ?? 0)));
  const sum = differences.reduce((total, value) => total + value, 0);
  return {
    combination,
    mean: sum / differences.length,
    max: differences.reduce((one, other) => Math.max(one, other), 0),
  };
}
