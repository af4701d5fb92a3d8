import { settingNames } from '../../shared/failures/setting-names.ts';
import { UserError } from '../../shared/failures/user-error.ts';
import type { Agreement } from '../verify/agreement.ts';

/** Required mean cosine of the embeddings of the float and the int8 network. */
export const minCosine = 0.98;
/** An int8 model that is not faster has no advantage. */
const minSpeedup = 1;

export interface Int8Measurement {
  /** Compared with the float model. */
  readonly agreement: Agreement;
  /** Over the optimized float network; undefined if it was not measured. */
  readonly speedup?: number | undefined;
}

/** Rounding errors of shares. */
const epsilon = 1e-9;

/** True if as many labels are equal as required. */
export function hasEqualLabels({ sameLabel }: Agreement, minAgreement: number): boolean {
  return sameLabel >= minAgreement - epsilon;
}

/** The number of images from which a required share allows one that differs: 34 for 0.97. Infinity for 1. */
function imagesToMeasure(minAgreement: number): number {
  return Math.ceil(1 / (1 - minAgreement) - epsilon);
}

/**
 * @param source the float model, for the message
 * @param minAgreement required share of images with the same label
 * @throws {UserError} if the int8 network is slower than the optimized float one, or differs too much from it
 */
export function checkInt8(
  source: string,
  { agreement, speedup = Number.POSITIVE_INFINITY }: Int8Measurement,
  minAgreement: number,
): void {
  const { sameLabel, embeddingCosine, images } = agreement;
  if (!hasEqualLabels(agreement, minAgreement) || !(embeddingCosine >= minCosine)) {
    const needed = imagesToMeasure(minAgreement);
    const advice =
      images < needed && Number.isFinite(needed)
        ? `give more images: fewer than ${needed} held-out images are too few to measure ${percent(minAgreement)}`
        : 'give more calibration images';
    throw new UserError(
      `the int8 model differs too much from ${source}: same label on ${percent(sameLabel)} of ${images} ` +
        `${images === 1 ? 'image' : 'images'} (at least ` +
        `${percent(minAgreement)} required), embedding cosine ${embeddingCosine.toFixed(3)} (at least ${minCosine} ` +
        `required); nothing was written: ${advice}; give ${settingNames.force} to write it anyway`,
    );
  }
  if (!(speedup >= minSpeedup)) {
    throw new UserError(
      `the int8 model is not faster than ${source} after "model optimize": ${speedup.toFixed(2)} times its speed on one thread of ` +
        `this machine; nothing was written: use the optimized float model, or give ${settingNames.force} to write it anyway`,
    );
  }
}

function percent(share: number): string {
  return `${Number((share * 100).toFixed(1))} %`;
}
