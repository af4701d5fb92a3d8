/** Decay of the learning rate. */
export interface Schedule {
  /** `step`: by a factor every few epochs, as in the paper. `cosine`: half a cosine to 0 (Loshchilov and Hutter 2017). */
  readonly kind: 'step' | 'cosine';
  /** Maximum learning rate. */
  readonly rate: number;
  readonly epochs: number;
  /** Factor of a step, and epochs per step; the paper uses 0.96 and 8. */
  readonly factor: number;
  readonly every: number;
}

/** Share of the training in which a cosine schedule warms up from 0 (Goyal et al. 2017, section 2.2). */
const warmUp = 0.05;

/** @param epoch number of epochs since the start, with a fraction */
export function learningRateAt({ kind, rate, epochs, factor, every }: Schedule, epoch: number): number {
  if (kind === 'step') return rate * factor ** Math.floor(epoch / every);
  const done = Math.min(1, epoch / epochs);
  if (done < warmUp) return (rate * done) / warmUp;
  return (rate * (1 + Math.cos((Math.PI * (done - warmUp)) / (1 - warmUp)))) / 2;
}
