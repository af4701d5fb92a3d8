import { Failure, type FailureReason } from '../../shared/failures/failure.ts';
import { defaultDecodeLimits } from '../../shared/images/decode/identify.ts';
import { cropImage } from '../../shared/images/preprocess/crop-image.ts';
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

export async function compare(combination: Combination, decoder: IndependentDecoder): Promise<Result> {
  const bytes = await combination.make();
  const decoded = await pixelsOf(bytes).catch(Failure.from);
  if (decoded instanceof Failure) return { combination, reason: decoded.reason, detail: decoded.message };
  const reference = await pixelsOf(await (combination.known?.() ?? decoder.decode(bytes, combination)));
  const differences = decoded.map((value, index) => Math.abs(value - (reference[index] ?? 0)));
  const sum = differences.reduce((total, value) => total + value, 0);
  return {
    combination,
    mean: sum / differences.length,
    max: differences.reduce((one, other) => Math.max(one, other), 0),
  };
}

async function pixelsOf(bytes: Uint8Array): Promise<Uint8Array> {
  return (await cropImage(bytes, rule, defaultDecodeLimits)).tensor.pixels;
}
