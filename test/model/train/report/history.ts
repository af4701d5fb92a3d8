import type { EpochRecord } from '../../../../model/train/report/epoch-record.ts';

/** Epoch records with these losses and matching accuracies; the other values are typical. */
export function historyOf(losses: readonly number[], validationLosses: readonly number[] = []): EpochRecord[] {
  return losses.map((loss, index) => {
    const validationLoss = validationLosses[index];
    return {
      ...{ epoch: index + 1, updates: 100 * (index + 1), learningRate: 0.1, loss, accuracy: Math.exp(-loss) },
      ...(validationLoss === undefined ? {} : { validationLoss, validationAccuracy: Math.exp(-validationLoss) }),
      ...{ seconds: 12.5, imagesPerSecond: 256 },
    };
  });
}
