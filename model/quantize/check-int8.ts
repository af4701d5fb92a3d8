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

/** True if as many labels are equal as required. One image may always differ: few images say little about a share. */
export function hasEqualLabels({ sameLabel, images }: Agreement, minAgreement: number): boolean {
  const different = Math.round((1 - sameLabel) * images);
  return different <= Math.max(1, Math.floor((1 - minAgreement) * images + 1e-9));
}

/**
 * @param source the float model, for the message
 * @param minAgreement required share of images with the same label
 * @throws {UserError} if the int8 network is slower than the float one, or differs too much from it
 */
export function checkInt8(
  source: string,
  { agreement, speedup = Number.POSITIVE_INFINITY }: Int8Measurement,
  minAgreement: number,
): void {
  const { sameLabel, embeddingCosine, images } = agreement;
  if (!hasEqualLabels(agreement, minAgreement) || !(embeddingCosine >= minCosine)) {
    throw new UserError(
      `the int8 model differs too much from ${source}: same label on ${percent(sameLabel)} of ${images} images (at least ` +
        `${percent(minAgreement)} required), embedding cosine ${embeddingCosine.toFixed(3)} (at least ${minCosine} ` +
        'required); nothing was written: give more calibration images; "force" writes it anyway',
    );
  }
  if (!(speedup >= minSpeedup)) {
    throw new UserError(
      `the int8 model is slower than ${source}: ${speedup.toFixed(2)} times its speed on one thread of this machine; ` +
        'nothing was written: use the float model; "force" writes it anyway',
    );
  }
}

function percent(share: number): string {
  return `${Number((share * 100).toFixed(1))} %`;
}
